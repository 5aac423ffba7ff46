# A client of other people for the tests of the simulated CloudStack: Debian's cs, which signs with an expiry and asks by
# POST. It takes volumes, VMs and snapshots through their lives, and asks for what must be refused. Stdin: one JSON object
# that says where and with what; stdout: one JSON object of what was seen.
import json
import sys

from cs import CloudStack

at = json.load(sys.stdin)


def connect(secret):
    return CloudStack(
        endpoint=at["endpoint"],
        key=at["api_key"],
        secret=secret,
        method="post",
        poll_interval=0.02,
        job_timeout=120,
        fetch_result=True,
    )


cloud = connect(at["secret_key"])


def text_of(ask, **parameters):
    try:
        ask(**parameters)
    except Exception as refused:
        return f"{refused} {getattr(refused, 'error', '')}"
    return "was not refused"


def new_volume(zone):
    return cloud.createVolume(name="by cs", zoneid=zone, diskofferingid=at["disk_offering"], size=1)["volume"]


def attach(volume):
    return cloud.attachVolume(id=volume["id"], virtualmachineid=at["oma_vm"])["volume"]


def stored():
    volume = new_volume(at["zone"])
    attach(volume)
    cloud.detachVolume(id=volume["id"])
    return volume


def volume_life():
    volume = new_volume(at["zone"])
    attached = attach(volume)
    resized = cloud.resizeVolume(id=volume["id"], size=2)["volume"]
    detached = cloud.detachVolume(id=volume["id"])["volume"]
    return {
        "attached": attached["state"],
        "at": attached["virtualmachineid"],
        "resized": resized["size"],
        "detached": detached.get("virtualmachineid", ""),
        "deleted": cloud.deleteVolume(id=volume["id"])["success"],
    }


def vm_life():
    made = cloud.deployVirtualMachine(
        name="by-cs",
        zoneid=at["zone"],
        serviceofferingid=at["service_offering"],
        templateid=at["template"],
        networkids=[at["network"]],
        startvm=False,
        details=[{"rootDiskController": "virtio"}],
    )["virtualmachine"]
    started = cloud.startVirtualMachine(id=made["id"])["virtualmachine"]
    stopped = cloud.stopVirtualMachine(id=made["id"])["virtualmachine"]
    cloud.destroyVirtualMachine(id=made["id"], expunge=True)
    return {
        "deployed": made["state"],
        "started": started["state"],
        "stopped": stopped["state"],
        "left": len(cloud.listVirtualMachines(id=made["id"], fetch_list=True)),
    }


def snapshot_life():
    volume = stored()
    taken = cloud.createSnapshot(volumeid=volume["id"])["snapshot"]
    back = cloud.revertSnapshot(id=taken["id"])["snapshot"]
    gone = cloud.deleteSnapshot(id=taken["id"])
    cloud.deleteVolume(id=volume["id"])
    return {
        "taken": taken["state"],
        "of": taken["volumeid"] == volume["id"],
        "reverted": back["id"] == taken["id"],
        "deleted": gone["success"],
    }


def refusals():
    volume = stored()
    taken = cloud.createSnapshot(volumeid=volume["id"])["snapshot"]
    attach(volume)
    twice = text_of(cloud.attachVolume, id=volume["id"], virtualmachineid=at["oma_vm"])
    running = text_of(cloud.revertSnapshot, id=taken["id"])
    cloud.detachVolume(id=volume["id"])
    of = cloud.createVMSnapshot(virtualmachineid=at["oma_vm"], snapshotmemory=True)["vmsnapshot"]
    kept = text_of(cloud.attachVolume, id=volume["id"], virtualmachineid=at["oma_vm"])
    cloud.deleteVMSnapshot(vmsnapshotid=of["id"])
    far = new_volume(at["other_zone"])
    return {
        "unverified": text_of(connect("wrong").listZones),
        "unknown": text_of(cloud.deleteVolume, id=at["unknown"]),
        "attached_twice": twice,
        "reverted_while_running": running,
        "with_vm_snapshot": kept,
        "wrong_zone": text_of(cloud.attachVolume, id=far["id"], virtualmachineid=at["oma_vm"]),
    }


seen = {"volume": volume_life(), "vm": vm_life(), "snapshot": snapshot_life(), "refusals": refusals()}
print(json.dumps(seen))
