"""Certificates for a test, made with the openssl command: an authority, a server, and clients good and bad."""
import pathlib
import subprocess


KEYS = {"ec": ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"), "rsa": ("rsa:2048",)}


def _openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


class Authority:
    """An authority in `folder`, which signs what it is asked to: one of its own, or one that `issuer` has signed."""

    def __init__(self, folder, name="Test CA", issuer=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        self.config = self.folder / "ca.conf"
        self.config.write_text(f"[ca]\ndefault_ca=it\n[it]\ndatabase={self.folder}/index.txt\n"
                               "default_md=sha256\ndefault_crl_days=30\n")
        (self.folder / "index.txt").touch()
        if issuer:
            self.certificate, self.key = issuer.sign(self.folder.name, f"/CN={name}", signs=True)
            return
        _openssl("req", "-x509", "-newkey", *KEYS["ec"], "-nodes", "-subj", f"/CN={name}",
                 "-days", 30, "-keyout", self.key, "-out", self.certificate)

    def sign(self, name, subject, alternative="", days=30, signs=False, key_kind="ec"):
        """(certificate, key) of `subject`; `days` below zero: it has expired. `signs`: it may sign others."""
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        _openssl("req", "-newkey", *KEYS[key_kind], "-nodes", "-subj", subject,
                 "-keyout", key, "-out", request)
        extensions = self.folder / f"{name}.ext"
        extensions.write_text((f"subjectAltName={alternative}\n" if alternative else "")
                              + f"basicConstraints=critical,CA:{str(signs).upper()}\n")
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                 "-days", days, "-extfile", extensions, "-out", certificate)
        return certificate, key

    def crl(self, *revoked):
        """A list of revoked certificates."""
        for certificate in revoked:
            _openssl("ca", "-config", self.config, "-revoke", certificate, "-keyfile", self.key, "-cert",
                     self.certificate)
        file = self.folder / "crl.pem"
        _openssl("ca", "-config", self.config, "-gencrl", "-keyfile", self.key, "-cert", self.certificate, "-out", file)
        return file
