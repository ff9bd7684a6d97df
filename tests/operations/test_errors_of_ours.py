"""What a person sees when the platform itself fails."""

import pytest
from django.test import Client


@pytest.mark.parametrize(("language", "told"), [("zh-hans", "系统出错了"), ("en", "Something went wrong on our side")])
def test_an_error_is_told_in_the_persons_language_with_the_number_to_report(
    no_database: None, language: str, told: str
) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get("/admin/login/", headers={"Accept-Language": language})
    assert answer.status_code == 500
    assert told in answer.text and answer["X-Request-ID"] in answer.text
