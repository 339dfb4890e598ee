"""What a broker needs to speak TLS."""
import pathlib
import subprocess


def certificate(directory, names="DNS:localhost,IP:127.0.0.1"):
    """(certificate, key): one of an elliptic curve for these names, which vouches for itself."""
    files = pathlib.Path(directory) / "certificate.pem", pathlib.Path(directory) / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    "/CN=localhost", "-addext", f"subjectAltName={names}", "-days", "1", "-out", files[0],
                    "-keyout", files[1]], check=True, capture_output=True)
    files[1].chmod(0o600)
    return files
