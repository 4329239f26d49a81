"""Runs `openssl`, which writes most of the corpus and judges all of it."""

import subprocess
import tempfile
from contextlib import ExitStack


def openssl(*arguments, stdin=None, **files):
    """Runs it and gives what it prints. Each named blob is put into a file for the time of the run: where an argument
    is `@name`, the file's path is passed."""
    with ExitStack() as stack:
        paths = {}
        for name, content in files.items():
            handle = stack.enter_context(tempfile.NamedTemporaryFile())
            handle.write(content)
            handle.flush()
            paths[f"@{name}"] = handle.name
        command = ["openssl", *(paths.get(argument, argument) for argument in arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True)
    if done.returncode != 0:
        raise OSError(f"{' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def export(identity, *options, password="test", name=None, chain=()):
    """`openssl pkcs12 -export` of a certificate with its key."""
    extra = b"".join(certificate.pem for certificate in chain)
    return openssl(
        "pkcs12", "-export", "-in", "@certificate", "-inkey", "@key", "-passout", f"pass:{password}",
        *(["-certfile", "@chain"] if chain else []), *(["-name", name] if name else []), *options,
        certificate=identity.certificate.pem, key=identity.key.pem, chain=extra,
    )  # fmt: skip
