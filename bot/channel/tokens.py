"""Session tokens: the conversation's id, signed by the server.

The id is 122 random bits and the signature is itsdangerous' HMAC (the library Flask signs its sessions with), so a token
can be neither guessed nor made elsewhere. Whether the conversation is still open is the records' business.
"""
from __future__ import annotations

import hmac

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
        token = token.strip()
        try:
            conversation_id = str(self._serializer.loads(token))
        except BadData:
            raise Unauthorized() from None
        # base64 has several spellings of the same bytes; only the one that was issued is ours
        if not hmac.compare_digest(self.issue(conversation_id).encode(), token.encode()):
            raise Unauthorized()
        return conversation_id
