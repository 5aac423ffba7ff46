// A client of other people for the tests of the simulated CloudStack: Debian's Go SDK. It takes volumes, VMs and snapshots
// through their lives, and asks for what must be refused. Stdin: one JSON object that says where and with what; stdout:
// one JSON object of what was seen.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/xanzy/go-cloudstack/cloudstack"
)

type place struct {
	Endpoint        string `json:"endpoint"`
	APIKey          string `json:"api_key"`
	SecretKey       string `json:"secret_key"`
	Zone            string `json:"zone"`
	OtherZone       string `json:"other_zone"`
	DiskOffering    string `json:"disk_offering"`
	ServiceOffering string `json:"service_offering"`
	Template        string `json:"template"`
	Network         string `json:"network"`
	OmaVM           string `json:"oma_vm"`
	Unknown         string `json:"unknown"`
}

type seen map[string]interface{}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func textOf(err error) string {
	if err == nil {
		return "was not refused"
	}
	return err.Error()
}

func newVolume(cs *cloudstack.CloudStackClient, at place, zone string) string {
	p := cs.Volume.NewCreateVolumeParams()
	p.SetName("by the Go SDK")
	p.SetZoneid(zone)
	p.SetDiskofferingid(at.DiskOffering)
	p.SetSize(1)
	made, err := cs.Volume.CreateVolume(p)
	must(err)
	return made.Id
}

func attach(cs *cloudstack.CloudStackClient, id, vm string) (*cloudstack.AttachVolumeResponse, error) {
	return cs.Volume.AttachVolume(cs.Volume.NewAttachVolumeParams(id, vm))
}

func detach(cs *cloudstack.CloudStackClient, id string) *cloudstack.DetachVolumeResponse {
	p := cs.Volume.NewDetachVolumeParams()
	p.SetId(id)
	gone, err := cs.Volume.DetachVolume(p)
	must(err)
	return gone
}

func remove(cs *cloudstack.CloudStackClient, id string) bool {
	gone, err := cs.Volume.DeleteVolume(cs.Volume.NewDeleteVolumeParams(id))
	must(err)
	return gone.Success
}

func volumeLife(cs *cloudstack.CloudStackClient, at place) seen {
	id := newVolume(cs, at, at.Zone)
	in, err := attach(cs, id, at.OmaVM)
	must(err)
	p := cs.Volume.NewResizeVolumeParams(id)
	p.SetSize(2)
	larger, err := cs.Volume.ResizeVolume(p)
	must(err)
	out := detach(cs, id)
	return seen{"attached": in.State, "at": in.Virtualmachineid, "resized": larger.Size, "detached": out.Virtualmachineid,
		"deleted": remove(cs, id)}
}

func vmLife(cs *cloudstack.CloudStackClient, at place) seen {
	p := cs.VirtualMachine.NewDeployVirtualMachineParams(at.ServiceOffering, at.Template, at.Zone)
	p.SetName("by-the-go-sdk")
	p.SetNetworkids([]string{at.Network})
	p.SetStartvm(false)
	made, err := cs.VirtualMachine.DeployVirtualMachine(p)
	must(err)
	on, err := cs.VirtualMachine.StartVirtualMachine(cs.VirtualMachine.NewStartVirtualMachineParams(made.Id))
	must(err)
	off, err := cs.VirtualMachine.StopVirtualMachine(cs.VirtualMachine.NewStopVirtualMachineParams(made.Id))
	must(err)
	d := cs.VirtualMachine.NewDestroyVirtualMachineParams(made.Id)
	d.SetExpunge(true)
	_, err = cs.VirtualMachine.DestroyVirtualMachine(d)
	must(err)
	_, left, _ := cs.VirtualMachine.GetVirtualMachineByID(made.Id)
	return seen{"deployed": made.State, "started": on.State, "stopped": off.State, "left": left}
}

// The volume has storage, and is detached.
func stored(cs *cloudstack.CloudStackClient, at place) string {
	id := newVolume(cs, at, at.Zone)
	_, err := attach(cs, id, at.OmaVM)
	must(err)
	detach(cs, id)
	return id
}

func take(cs *cloudstack.CloudStackClient, volume string) *cloudstack.CreateSnapshotResponse {
	taken, err := cs.Snapshot.CreateSnapshot(cs.Snapshot.NewCreateSnapshotParams(volume))
	must(err)
	return taken
}

func snapshotLife(cs *cloudstack.CloudStackClient, at place) seen {
	volume := stored(cs, at)
	taken := take(cs, volume)
	back, err := cs.Snapshot.RevertSnapshot(cs.Snapshot.NewRevertSnapshotParams(taken.Id))
	must(err)
	gone, err := cs.Snapshot.DeleteSnapshot(cs.Snapshot.NewDeleteSnapshotParams(taken.Id))
	must(err)
	remove(cs, volume)
	return seen{"taken": taken.State, "of": taken.Volumeid == volume, "reverted": back.Id == taken.Id, "deleted": gone.Success}
}

func refusals(cs *cloudstack.CloudStackClient, at place) seen {
	bad := cloudstack.NewAsyncClient(at.Endpoint, at.APIKey, "wrong", false)
	_, unverified := bad.Zone.ListZones(bad.Zone.NewListZonesParams())
	_, unknown := cs.Volume.DeleteVolume(cs.Volume.NewDeleteVolumeParams(at.Unknown))

	volume := stored(cs, at)
	taken := take(cs, volume)
	_, err := attach(cs, volume, at.OmaVM)
	must(err)
	_, twice := attach(cs, volume, at.OmaVM)
	_, running := cs.Snapshot.RevertSnapshot(cs.Snapshot.NewRevertSnapshotParams(taken.Id))
	detach(cs, volume)

	p := cs.Snapshot.NewCreateVMSnapshotParams(at.OmaVM)
	p.SetSnapshotmemory(true)
	of, err := cs.Snapshot.CreateVMSnapshot(p)
	must(err)
	_, kept := attach(cs, volume, at.OmaVM)
	_, err = cs.Snapshot.DeleteVMSnapshot(cs.Snapshot.NewDeleteVMSnapshotParams(of.Id))
	must(err)

	far := newVolume(cs, at, at.OtherZone)
	_, elsewhere := attach(cs, far, at.OmaVM)
	return seen{"unverified": textOf(unverified), "unknown": textOf(unknown), "attached_twice": textOf(twice),
		"reverted_while_running": textOf(running), "with_vm_snapshot": textOf(kept), "wrong_zone": textOf(elsewhere)}
}

func main() {
	log.SetFlags(0)
	var at place
	must(json.NewDecoder(os.Stdin).Decode(&at))
	cs := cloudstack.NewAsyncClient(at.Endpoint, at.APIKey, at.SecretKey, false)
	out, err := json.Marshal(seen{"volume": volumeLife(cs, at), "vm": vmLife(cs, at), "snapshot": snapshotLife(cs, at),
		"refusals": refusals(cs, at)})
	must(err)
	fmt.Println(string(out))
}
