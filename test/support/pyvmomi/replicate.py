"""Another client's way through a vCenter: pyVmomi pages all VMs, takes a snapshot, asks what changed and removes it.

Reads one line of JSON from stdin (host, port, username, password), so that no password is in the list of processes, and
prints one line of JSON.
"""

import json
import ssl
import sys

from pyVim.connect import Disconnect, SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

at = json.loads(sys.stdin.readline())
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(cadata=at["ca"])


def connect(password):
    return SmartConnect(
        host="localhost", port=at["port"], user=at["username"], pwd=password, sslContext=context
    )


def all_pages(content, properties):
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    traversal = vmodl.query.PropertyCollector.TraversalSpec(
        name="all", path="view", skip=False, type=vim.view.ContainerView
    )
    spec = vmodl.query.PropertyCollector.FilterSpec(
        objectSet=[vmodl.query.PropertyCollector.ObjectSpec(obj=view, skip=True, selectSet=[traversal])],
        propSet=[vmodl.query.PropertyCollector.PropertySpec(type=vim.VirtualMachine, pathSet=properties)],
    )
    collector = content.propertyCollector
    options = vmodl.query.PropertyCollector.RetrieveOptions(maxObjects=7)
    page = collector.RetrievePropertiesEx([spec], options)
    while page is not None:
        yield page.objects
        page = collector.ContinueRetrievePropertiesEx(page.token) if page.token else None
    view.DestroyView()


def run(task):
    WaitForTask(task)
    return task.info.result


def track(vm):
    run(vm.ReconfigVM_Task(vim.vm.ConfigSpec(changeTrackingEnabled=True)))
    run(run(vm.CreateSnapshot_Task("stun", "", False, False)).RemoveSnapshot_Task(False))


def disk_of(snapshot):
    return [each for each in snapshot.config.hardware.device if isinstance(each, vim.vm.device.VirtualDisk)][0]


answer = {}
try:
    connect(at["password"] + "x")
except vim.fault.InvalidLogin as fault:
    answer["wrong_password"] = type(fault).__name__

service = connect(at["password"])
content = service.RetrieveContent()
answer["about"] = [content.about.apiType, content.about.instanceUuid]
answer["user"] = content.sessionManager.currentSession.userName

pages = list(all_pages(content, ["name", "config.instanceUuid", "config.hardware.device", "runtime.powerState", "network"]))
answer["page_sizes"] = [len(page) for page in pages]
answer["vms"] = {
    each.obj._moId: {prop.name: prop.val for prop in each.propSet}["name"] for page in pages for each in page
}

vm = content.searchIndex.FindByInventoryPath("Lab/vm/web/front/web01")
answer["path_and_uuid_agree"] = content.searchIndex.FindByUuid(None, vm.config.instanceUuid, True, True) == vm
answer["hardware"] = [type(each).__name__ for each in vm.config.hardware.device]
answer["datastore"] = [vm.datastore[0].summary.name, vm.datastore[0].summary.freeSpace > 0]
answer["path"] = [vm.parent.name, vm.parent.parent.name, vm.parent.parent.parent.name]

track(vm)
first = run(vm.CreateSnapshot_Task("first", "of pyvmomi", False, True))
answer["tree"] = [[tree.name, tree.description] for tree in vm.snapshot.rootSnapshotList]
since = disk_of(first).backing.changeId
# The other side writes now.
print(json.dumps({"write": vm._moId}), flush=True)
sys.stdin.readline()
second = run(vm.CreateSnapshot_Task("second", "", False, False))
disk = disk_of(second)
areas = vm.QueryChangedDiskAreas(second, disk.key, 0, since)
answer["areas"] = [areas.startOffset, areas.length, [[each.start, each.length] for each in areas.changedArea]]
in_use = vm.QueryChangedDiskAreas(second, disk.key, 0, "*")
answer["in_use"] = [[each.start, each.length] for each in in_use.changedArea]
try:
    vm.QueryChangedDiskAreas(second, disk.key, disk.capacityInBytes, since)
except vmodl.fault.InvalidArgument as fault:
    answer["at_capacity"] = fault.invalidProperty
try:
    WaitForTask(vm.PowerOnVM_Task())
except vim.fault.InvalidPowerState as fault:
    answer["power_fault"] = fault.existingState
run(second.RemoveSnapshot_Task(False, True))
run(vm.RemoveAllSnapshots_Task())
answer["snapshots_left"] = vm.snapshot is not None
events = content.eventManager.QueryEvents(
    vim.event.EventFilterSpec(
        entity=vim.event.EventFilterSpec.ByEntity(entity=vm, recursion="self"), eventTypeId=["TaskEvent"]
    )
)
answer["events"] = [event.info.descriptionId for event in events]
Disconnect(service)
print(json.dumps(answer), flush=True)
