// A vCenter of other people for the tests of src/vsphere: govmomi's simulator as Debian has it, plus pages of properties,
// which that version does not know. The first line of stdin is the password; one line of JSON on stdout says where it is;
// it ends when stdin does.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"strings"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// Each session gets an instance of its own, made by reflection: pages do not outlive their session, as in a vCenter.
type pagingCollector struct {
	simulator.PropertyCollector

	rest  map[string][]types.ObjectContent
	count int
	max   int
}

func (pc *pagingCollector) RetrievePropertiesEx(ctx *simulator.Context, r *types.RetrievePropertiesEx) soap.HasFault {
	answer := pc.PropertyCollector.RetrievePropertiesEx(ctx, r)
	body, ok := answer.(*methods.RetrievePropertiesExBody)
	if ok && body.Res != nil && body.Res.Returnval != nil {
		pc.max = int(r.Options.MaxObjects)
		pc.cut(body.Res.Returnval)
	}
	return answer
}

func (pc *pagingCollector) ContinueRetrievePropertiesEx(r *types.ContinueRetrievePropertiesEx) soap.HasFault {
	body := &methods.ContinueRetrievePropertiesExBody{}
	objects, ok := pc.rest[r.Token]
	if !ok {
		body.Fault_ = simulator.Fault("no such token", &types.InvalidProperty{Name: "token"})
		return body
	}
	delete(pc.rest, r.Token)
	body.Res = &types.ContinueRetrievePropertiesExResponse{Returnval: types.RetrieveResult{Objects: objects}}
	pc.cut(&body.Res.Returnval)
	return body
}

func (pc *pagingCollector) CancelRetrievePropertiesEx(r *types.CancelRetrievePropertiesEx) soap.HasFault {
	delete(pc.rest, r.Token)
	return &methods.CancelRetrievePropertiesExBody{Res: new(types.CancelRetrievePropertiesExResponse)}
}

func (pc *pagingCollector) cut(result *types.RetrieveResult) {
	if pc.max <= 0 || len(result.Objects) <= pc.max {
		return
	}
	if pc.rest == nil {
		pc.rest = make(map[string][]types.ObjectContent)
	}
	pc.count++
	result.Token = fmt.Sprintf("page-%d", pc.count)
	pc.rest[result.Token] = result.Objects[pc.max:]
	result.Objects = result.Objects[:pc.max]
}

type options struct {
	username  string
	cert, key string
}

func main() {
	var given options
	model := simulator.VPX()
	flag.StringVar(&given.username, "username", "", "")
	flag.StringVar(&given.cert, "cert", "", "PEM file")
	flag.StringVar(&given.key, "key", "", "PEM file")
	flag.IntVar(&model.Machine, "vm", model.Machine, "VMs of each resource pool")
	flag.Parse()
	input := bufio.NewReader(os.Stdin)
	password, err := input.ReadString('\n')
	check(err)

	check(model.Create())
	defer model.Remove()
	simulator.Map.Put(paging(simulator.Map))

	certificate, err := tls.LoadX509KeyPair(given.cert, given.key)
	check(err)
	model.Service.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	model.Service.Listen = &url.URL{Host: "127.0.0.1:0", User: url.UserPassword(given.username, strings.TrimSpace(password))}
	server := model.Service.NewServer()
	defer server.Close()
	check(furnish(server.URL))

	check(json.NewEncoder(os.Stdout).Encode(map[string]string{"host": server.URL.Host}))
	_, _ = io.Copy(io.Discard, input)
}

func paging(registry *simulator.Registry) *pagingCollector {
	ref := registry.Get(types.ManagedObjectReference{Type: "ServiceInstance", Value: "ServiceInstance"}).(*simulator.ServiceInstance).Content.PropertyCollector
	pc := new(pagingCollector)
	pc.Self = ref
	return pc
}

// What the model does not have: a VM with every property that we read, whose texts are hard to get through XML.
func furnish(at *url.URL) error {
	ctx := context.Background()
	client, err := govmomi.NewClient(ctx, at, true)
	if err != nil {
		return err
	}
	defer func() { _ = client.Logout(ctx) }()
	vm, err := find.NewFinder(client.Client).VirtualMachine(ctx, "/DC0/vm/DC0_H0_VM0")
	if err != nil {
		return err
	}
	tracked := true
	spec := types.VirtualMachineConfigSpec{
		Name:                  "a%2fb & <c>",
		Annotation:            "line 1\r\n\tline \"2\" ]]> &amp; \u00e9\U0001F4BE",
		Firmware:              string(types.GuestOsDescriptorFirmwareTypeEfi),
		ChangeTrackingEnabled: &tracked,
	}
	if err := wait(ctx)(vm.Reconfigure(ctx, spec)); err != nil {
		return err
	}
	if err := wait(ctx)(vm.CreateSnapshot(ctx, "first", "of two", false, false)); err != nil {
		return err
	}
	return wait(ctx)(vm.CreateSnapshot(ctx, "second", "", false, false))
}

func wait(ctx context.Context) func(*object.Task, error) error {
	return func(task *object.Task, err error) error {
		if err != nil {
			return err
		}
		return task.Wait(ctx)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
