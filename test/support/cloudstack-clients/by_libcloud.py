# A client of other people for the tests of the simulated CloudStack: Debian's libcloud. It takes volumes, VMs and
# snapshots through their lives, and asks for what must be refused. Stdin: one JSON object that says where and with what;
# stdout: one JSON object of what was seen. What its driver has no method for goes by its own way of asking.
import json
import sys
from urllib.parse import urlparse

from libcloud.compute.base import NodeSize
from libcloud.compute.providers import get_driver
from libcloud.compute.types import Provider

at = json.load(sys.stdin)
server = urlparse(at["endpoint"])


def connect(secret):
    make = get_driver(Provider.CLOUDSTACK)
    driver = make(
        at["api_key"], secret, secure=False, host=server.hostname, port=server.port, path=server.path
    )
    driver.connection.poll_interval = 0.02
    return driver


cloud = connect(at["secret_key"])


def text_of(ask, *args, **named):
    try:
        ask(*args, **named)
    except Exception as refused:
        return str(refused)
    return "was not refused"


def location(zone):
    return next(place for place in cloud.list_locations() if place.id == zone)


def node(vm):
    return next(one for one in cloud.list_nodes() if one.id == vm)


def new_volume(zone):
    return cloud.create_volume(1, "by libcloud", location=location(zone))


def ask(command, **parameters):
    return cloud._async_request(command=command, params=parameters, method="GET")


oma = node(at["oma_vm"])


def stored():
    volume = new_volume(at["zone"])
    cloud.attach_volume(oma, volume)
    cloud.detach_volume(volume)
    return volume


def volume_life():
    volume = new_volume(at["zone"])
    cloud.attach_volume(oma, volume)
    attached = cloud.ex_get_volume(volume.id)
    resized = ask("resizeVolume", id=volume.id, size=2)["volume"]["size"]
    cloud.detach_volume(volume)
    detached = cloud.ex_get_volume(volume.id)
    return {
        "attached": attached.extra["state"],
        "at": attached.extra["instance_id"],
        "resized": resized,
        "detached": detached.extra["instance_id"] or "",
        "deleted": cloud.destroy_volume(volume),
    }


def by_id(rows, wanted):
    return next(row for row in rows if row.id == wanted)


def vm_life():
    # Its list of sizes fails at customized offerings, which have no number of CPUs.
    size = NodeSize(id=at["service_offering"], name="", ram=0, disk=0, bandwidth=0, price=0, driver=cloud)
    made = cloud.create_node(
        "by-libcloud",
        size,
        by_id(cloud.list_images(), at["template"]),
        location=location(at["zone"]),
        networks=[by_id(cloud.ex_list_networks(), at["network"])],
    )
    started = cloud.ex_start(made)
    stopped = cloud.ex_stop(made)
    cloud.destroy_node(made, ex_expunge=True)
    return {
        "deployed": "Stopped" if made.state == "stopped" else made.state,
        "started": started,
        "stopped": stopped,
        "left": sum(1 for one in cloud.list_nodes() if one.id == made.id),
    }


def snapshot_life():
    volume = stored()
    taken = cloud.create_volume_snapshot(volume)
    listed = cloud._sync_request("listSnapshots", params={"id": taken.id})["snapshot"][0]
    back = ask("revertSnapshot", id=taken.id)["snapshot"]
    deleted = cloud.destroy_volume_snapshot(taken)
    cloud.destroy_volume(volume)
    return {
        "taken": listed["state"],
        "of": taken.extra["volume_id"] == volume.id,
        "reverted": back["id"] == taken.id,
        "deleted": deleted,
    }


def refusals():
    volume = stored()
    taken = cloud.create_volume_snapshot(volume)
    cloud.attach_volume(oma, volume)
    twice = text_of(cloud.attach_volume, oma, volume)
    running = text_of(ask, "revertSnapshot", id=taken.id)
    cloud.detach_volume(volume)
    of = ask("createVMSnapshot", virtualmachineid=oma.id, snapshotmemory="true")["vmsnapshot"]
    kept = text_of(cloud.attach_volume, oma, volume)
    ask("deleteVMSnapshot", vmsnapshotid=of["id"])
    return {
        "unverified": text_of(connect("wrong").list_locations),
        "unknown": text_of(cloud._sync_request, "deleteVolume", params={"id": at["unknown"]}),
        "attached_twice": twice,
        "reverted_while_running": running,
        "with_vm_snapshot": kept,
        "wrong_zone": text_of(cloud.attach_volume, oma, new_volume(at["other_zone"])),
    }


seen = {"volume": volume_life(), "vm": vm_life(), "snapshot": snapshot_life(), "refusals": refusals()}
print(json.dumps(seen))
