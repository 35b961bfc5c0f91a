"""A VNC client that does what a test needs of one: TLS with a certificate that is checked, a password, pictures, keys.

RFC 6143 and, for VeNCrypt, the RFB community's protocol description (security type 19).
"""

import socket
import ssl
import struct
from collections import Counter
from collections.abc import Sequence

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

VENCRYPT, X509_VNC = 19, 261
TIMEOUT_S = 30
ESCAPE, ENTER, SHIFT = 0xFF1B, 0xFF0D, 0xFFE1


class VncRefused(Exception):
    """The server's own words."""


class Vnc:
    """A session of whoever has the password. Raises VncRefused, ssl.SSLError."""

    def __init__(self, address: str, port: int, *, authority_pem: str, password: str) -> None:
        self.offered: Sequence[int] = ()
        plain = socket.create_connection((address, port), timeout=TIMEOUT_S)
        self._socket: socket.socket = plain
        self._read(12)
        plain.sendall(b"RFB 003.008\n")
        self.offered = self._begin_vencrypt()
        trusted = ssl.create_default_context(cadata=authority_pem)
        self._socket = trusted.wrap_socket(plain, server_hostname=address)
        self._authenticate(password)
        self._socket.sendall(b"\1")  # others may stay
        self.width, self.height = self._begin()

    def framebuffer(self) -> bytes:
        """What of the screen fits into its size at the begin, four bytes for each point."""
        points = bytearray(self.width * self.height * 4)
        self._socket.sendall(struct.pack(">BBHHHH", 3, 0, 0, 0, self.width, self.height))
        assert self._read(1) == b"\0", "an update was asked for"
        (count,) = struct.unpack(">xH", self._read(3))
        for _ in range(count):
            x, y, width, height, encoding = struct.unpack(">HHHHi", self._read(12))
            assert encoding == 0
            for row in range(y, y + height):
                start = (row * self.width + x) * 4
                points[start : start + width * 4] = self._read(width * 4)
        return bytes(points)

    def press(self, *keys: int) -> None:
        """Down in this order, and up again in the other."""
        for down, key in (*((1, key) for key in keys), *((0, key) for key in reversed(keys))):
            self._socket.sendall(struct.pack(">BBxxI", 4, down, key))

    def type_text(self, text: str) -> None:
        """Letters, digits and what needs no other key; a line ends with Enter."""
        for letter in text:
            key = ENTER if letter == "\n" else ord(letter)
            self.press(*((SHIFT, key) if letter.isupper() else (key,)))

    def colour(self) -> tuple[int, int, int]:
        """The one that most of the screen has: red, green and blue."""
        points = self.framebuffer()
        counted = Counter(points[at : at + 3] for at in range(0, len(points), 4))
        blue, green, red = counted.most_common(1)[0][0]
        return red, green, blue

    def close(self) -> None:
        self._socket.close()

    def _begin_vencrypt(self) -> Sequence[int]:
        """The kinds of security that the server has in VeNCrypt; X509Vnc is chosen."""
        kinds = self._read(self._read(1)[0])
        assert list(kinds) == [VENCRYPT], f"the server has security of other kinds, too: {list(kinds)}"
        self._socket.sendall(bytes([VENCRYPT]))
        self._read(2)
        self._socket.sendall(b"\0\2")
        assert self._read(1) == b"\0"
        count = self._read(1)[0]
        offered = struct.unpack(f">{count}I", self._read(4 * count))
        self._socket.sendall(struct.pack(">I", X509_VNC))
        assert self._read(1) == b"\1"
        return offered

    def _authenticate(self, password: str) -> None:
        challenge = self._read(16)
        key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in password.encode().ljust(8, b"\0")[:8])
        encryptor = Cipher(TripleDES(key * 3), modes.ECB()).encryptor()
        self._socket.sendall(encryptor.update(challenge))
        if self._read(4) != b"\0\0\0\0":
            (length,) = struct.unpack(">I", self._read(4))
            raise VncRefused(self._read(length).decode())

    def _begin(self) -> tuple[int, int]:
        width, height = struct.unpack(">HH", self._read(4))
        self._read(16)
        (length,) = struct.unpack(">I", self._read(4))
        self._read(length)
        pixels = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
        self._socket.sendall(b"\0\0\0\0" + pixels + struct.pack(">BxHi", 2, 1, 0))  # raw, and nothing else
        return width, height

    def _read(self, length: int) -> bytes:
        content = bytearray()
        while len(content) < length:
            part = self._socket.recv(length - len(content))
            if not part:
                raise VncRefused("the connection was closed")
            content += part
        return bytes(content)
