"""What all tests share."""

import pytest
from django.test import Client


class SecureClient(Client):
    """A browser that comes by https, as production asks."""

    def generic(self, *args, **kwargs):
        """Make a request; never over plain http."""
        return super().generic(*args, **{**kwargs, "secure": True})


@pytest.fixture
def client() -> Client:
    """A reader's browser."""
    return SecureClient()
