"""Session tokens: the conversation's id, signed by the server.

The id is 122 random bits and the signature is itsdangerous' HMAC (the library Flask signs its sessions with), so a token
can be neither guessed nor made elsewhere. Whether the conversation is still open is the records' business.
"""
from __future__ import annotations

import functools
import hmac

from itsdangerous import BadData, URLSafeSerializer

from bot.channel.errors import Unauthorized

REMEMBERED = 2000  # tokens whose signature was checked: a check takes forty times as long as looking one up


class Tokens:
    def __init__(self, secret_key: str) -> None:
        self._serializer = URLSafeSerializer(secret_key, salt="onward.chat.session")
        self._read = functools.lru_cache(REMEMBERED)(self._checked)

    def issue(self, conversation_id: str) -> str:
        return self._serializer.dumps(conversation_id)

    def read(self, header: str) -> str:
        """The conversation id of an ``Authorization`` header.

        Raises:
            Unauthorized: it is not a bearer token of ours.
        """
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized()
        return self._read(token.strip())

    def _checked(self, token: str) -> str:
        try:
            conversation_id = str(self._serializer.loads(token))
        except BadData:
            raise Unauthorized() from None
        # base64 has several spellings of the same bytes; only the one that was issued is ours
        if not hmac.compare_digest(self.issue(conversation_id).encode(), token.encode()):
            raise Unauthorized()
        return conversation_id
