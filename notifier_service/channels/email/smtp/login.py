"""Logs in to a mail server (RFC 4954) by one mechanism, once, so that a wrong password is not tried more often."""

from typing import Final

import aiosmtplib

from notifier_service.channels.email.smtp.access_tokens import AccessTokens
from notifier_service.channels.email.smtp.errors import interrupted

_UNKNOWN: Final = (504, 534)
"""RFC 4954 §6: the mechanism is unknown here, or too weak; the password was not checked."""


async def log_in(client: aiosmtplib.SMTP, username: str, password: str, *, clear: bool) -> None:
    """Logs in by password. Raises aiosmtplib's errors, or MailError when no mechanism may be used. `clear`: the
    password may be sent on a connection without TLS. (CRAM-MD5 sends none.)"""
    if not client.supports_extension("auth"):
        raise interrupted("login", "not offered", cause="login")
    encrypted = client.get_transport_info("sslcontext") is not None
    offered = [
        each
        for each in (("plain", "login", "cram-md5") if encrypted else ("cram-md5", "plain", "login"))
        if each in client.server_auth_methods and (encrypted or clear or each == "cram-md5")
    ]
    if not offered:
        raise interrupted("login", "no mechanism that keeps the password secret", cause="login")
    for place, mechanism in enumerate(offered):
        try:
            match mechanism:
                case "plain":
                    await client.auth_plain(username, password)
                case "login":
                    await client.auth_login(username, password)
                case _:
                    await client.auth_crammd5(username, password)
        except aiosmtplib.SMTPAuthenticationError as error:
            if error.code not in _UNKNOWN or place == len(offered) - 1:
                raise
        else:
            return


async def log_in_by_token(client: aiosmtplib.SMTP, username: str, tokens: AccessTokens, *, clear: bool) -> None:
    """Logs in by XOAUTH2 (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol).

    A token may have been revoked before its expiry, so after a refusal a new one is tried, once. Raises aiosmtplib's
    errors, MailError when the mechanism may not be used, TokenRefused, TokenUnavailable.
    """
    if "xoauth2" not in client.server_auth_methods:
        raise interrupted("login", "XOAUTH2 not offered", cause="login")
    if not clear and client.get_transport_info("sslcontext") is None:
        raise interrupted("login", "no TLS that keeps the token secret", cause="login")
    token = await tokens.current()
    try:
        await client.auth_xoauth2(username, token)
    except aiosmtplib.SMTPAuthenticationError:
        tokens.forget()
        if not client.is_connected or await tokens.current() == token:
            raise
        await client.auth_xoauth2(username, await tokens.current())
