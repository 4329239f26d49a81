"""Writes DER, and rewrites it as the loose BER that some exporters write. Just what a PKCS#12 file needs."""

SEQUENCE, SET, INTEGER, OCTET_STRING, NULL, OID, UTF8, BMP = 0x30, 0x31, 0x02, 0x04, 0x05, 0x06, 0x0C, 0x1E
END_OF_CONTENTS = b"\0\0"


def tlv(tag, content):
    """One element with a definite length in the fewest bytes."""
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def sequence(*parts):
    return tlv(SEQUENCE, b"".join(parts))


def explicit(number, content):
    return tlv(0xA0 | number, content)


def octets(content):
    return tlv(OCTET_STRING, content)


def null():
    return tlv(NULL, b"")


def utf8(text):
    return tlv(UTF8, text.encode())


def bmp(text):
    return tlv(BMP, text.encode("utf-16-be"))


def integer(value):
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    content = b""
    for arc in [first * 40 + second, *rest]:
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.append(0x80 | arc & 0x7F)
        content += bytes(reversed(digits))
    return tlv(OID, content)


def elements(content):
    """The tag and the content of each DER element in a row."""
    at = 0
    while at < len(content):
        tag, length = content[at], content[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(content[at : at + size], "big")
            at += size
        yield tag, content[at : at + length]
        at += length


def to_ber(encoded, chunk=100):
    """The same value with indefinite lengths, longer octet strings cut into pieces. Content octets stay as they are."""
    written = b""
    for tag, content in elements(encoded):
        if tag & 0x20:
            written += bytes([tag, 0x80]) + to_ber(content, chunk) + END_OF_CONTENTS
        elif tag in (OCTET_STRING, 0x80) and len(content) > chunk:
            pieces = b"".join(octets(content[at : at + chunk]) for at in range(0, len(content), chunk))
            written += bytes([tag | 0x20, 0x80]) + pieces + END_OF_CONTENTS
        else:
            written += tlv(tag, content)
    return written
