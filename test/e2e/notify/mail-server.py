"""A mail server that wants TLS (STARTTLS, or from the first byte) and a login; each mail becomes a file."""
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

folder, port, cert, key, user, password, tls = sys.argv[1:]
count = 0


class Keep:
    async def handle_DATA(self, server, session, envelope):
        global count
        count += 1
        head = f"MAIL FROM {envelope.mail_from}\nRCPT TO {' '.join(envelope.rcpt_tos)}\nTLS {tls if tls == 'implicit' else session.ssl is not None}\n"
        with open(f"{folder}/{count:03}.part", "wb") as file:
            file.write(head.encode() + envelope.content)
        import os

        os.rename(f"{folder}/{count:03}.part", f"{folder}/{count:03}.eml")
        return "250 kept"


def authenticator(server, session, envelope, mechanism, data):
    good = data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=good, handled=False)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
controller = Controller(
    Keep(),
    hostname="127.0.0.1",
    port=int(port),
    auth_required=True,
    authenticator=authenticator,
    **(
        {"ssl_context": context, "auth_require_tls": False}
        if tls == "implicit"
        else {"tls_context": context, "require_starttls": True}
    ),
)
controller.start()
print("ready", flush=True)
threading.Event().wait()
