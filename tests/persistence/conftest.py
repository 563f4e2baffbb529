import pytest

pytest.register_assert_rewrite("persistence.acceptance")
