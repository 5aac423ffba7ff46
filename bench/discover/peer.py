"""The inventory of a vCenter as pyvmomi reads it: the same properties of all VMs, in pages of 200. Prints their number.

Usage: peer.py HOST PORT USERNAME, the password on stdin.
"""
import ssl
import sys

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

PATHS = [
    "name", "parent", "config.uuid", "config.instanceUuid", "config.version", "config.guestId",
    "config.guestFullName", "config.firmware", "config.annotation", "config.template",
    "config.changeTrackingEnabled", "config.hardware.numCPU", "config.hardware.memoryMB",
    "config.hardware.device", "capability.changeTrackingSupported", "runtime.powerState",
    "runtime.connectionState", "runtime.consolidationNeeded", "runtime.host",
    "guest.toolsRunningStatus", "guest.toolsVersionStatus2", "guest.toolsVersion", "snapshot",
]


def read(service):
    content = service.RetrieveContent()
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    query = vmodl.query.PropertyCollector
    through = query.TraversalSpec(name="view", path="view", skip=False, type=vim.view.ContainerView)
    spec = query.FilterSpec(
        objectSet=[query.ObjectSpec(obj=view, skip=True, selectSet=[through])],
        propSet=[query.PropertySpec(type=vim.VirtualMachine, all=False, pathSet=PATHS)],
    )
    page = content.propertyCollector.RetrievePropertiesEx([spec], query.RetrieveOptions(maxObjects=200))
    disks = machines = 0
    while True:
        for found in page.objects:
            machines += 1
            for prop in found.propSet:
                if prop.name == "config.hardware.device":
                    disks += sum(isinstance(device, vim.vm.device.VirtualDisk) for device in prop.val)
        if page.token is None:
            return machines, disks
        page = content.propertyCollector.ContinueRetrievePropertiesEx(page.token)


host, port, username = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
service = SmartConnect(host=host, port=int(port), user=username, pwd=sys.stdin.readline().rstrip("\n"), sslContext=context)
try:
    print(*read(service))
finally:
    Disconnect(service)
