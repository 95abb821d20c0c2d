"""Mail that is printed, where no server sends it."""

from django.core.mail.backends import console

from .settings.logs import without_secret_links


class ConsoleBackend(console.EmailBackend):
    """Django's, but what is printed ends up in a log: it lets nobody in."""

    def write_message(self, message):
        written = message.message().as_string()
        self.stream.write(f"{without_secret_links(written)}\n{'-' * 79}\n")
