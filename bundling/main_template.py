# Python 3.6 must be able to read this: who has too old a Python gets a sentence.
import sys

if sys.version_info < (3, 10):
    sys.exit(
        "error: Kallithea needs Python 3.10 or newer, and this is %d.%d.\n"
        "hint: Start it with another one, such as: python3.11 %s" % (sys.version_info[0], sys.version_info[1], sys.argv[0])
    )


def check():
    import hashlib

    total = hashlib.sha256()
    with open(sys.argv[0], "rb") as file:
        # The third line says it; the two before it are the same in every file.
        said = [file.readline() for _ in range(3)][2].split()[-1:]
        for piece in iter(lambda: file.read(1 << 20), b""):
            total.update(piece)
        if said != [total.hexdigest().encode()]:
            sys.exit(
                "error: %s is damaged or not complete.\n"
                "hint: Copy or download it again, and compare its SHA-256." % sys.argv[0].replace("\\", "/").split("/")[-1]
            )


# Before anything else of the file is used.
check()

from kallithea.installer.command import main  # noqa: E402

sys.exit(main())
