"""One frame of LLDP out of the interface named, as a switch sends one every half a minute."""

import socket
import struct
import sys

_TO_NEAREST_BRIDGE = bytes.fromhex("0180c200000e")
_ETH_P_LLDP = 0x88CC


def tlv(kind: int, value: bytes) -> bytes:
    return struct.pack("!H", kind << 9 | len(value)) + value


def main() -> None:
    (interface,) = sys.argv[1:]
    mac = bytes.fromhex("020000000001")
    said = (
        tlv(1, b"\x04" + mac)
        + tlv(2, b"\x05" + b"1/17")
        + tlv(3, struct.pack("!H", 120))
        + tlv(5, b"switch-3")
        + tlv(0, b"")
    )
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((interface, _ETH_P_LLDP))
        wire.send((_TO_NEAREST_BRIDGE + mac + struct.pack("!H", _ETH_P_LLDP) + said).ljust(60, b"\0"))


main()
