"""Session tokens: the conversation's id, signed by the server.

The id is 122 random bits and the signature is itsdangerous' HMAC (the library Flask signs its sessions with), so a token
can be neither guessed nor made elsewhere. Whether the conversation is still open is the records' business.
"""
from __future__ import annotations

from itsdangerous import BadData, URLSafeSerializer

from bot.channel.errors import Unauthorized


class Tokens:
    def __init__(self, secret_key: str) -> None:
        self._serializer = URLSafeSerializer(secret_key, salt="onward.chat.session")

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
        try:
            return str(self._serializer.loads(token.strip()))
        except BadData:
            raise Unauthorized() from None
