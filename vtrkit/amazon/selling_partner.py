"""Amazon's Selling Partner API, asked with the user's own credentials: only to read, and patiently.

The library signs in and knows the addresses. It takes an error without a list of errors in its body
for an empty answer and waits for nothing, so both are done here. No message repeats what Amazon
says but its one word for it, which holds neither a credential nor an order.
"""

import gzip
import os
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from time import sleep
from typing import Any

import httpx
from sp_api.api import OrdersV20260101, Reports
from sp_api.base import Marketplaces
from sp_api.base.credential_provider import (
    FromConfigFileCredentialProvider,
    FromEnvironmentVariablesCredentialProvider,
    MissingCredentials,
)

from vtrkit.errors import InputError, ParameterError

_PAUSES = (1, 2, 4, 8, 16, 32)
"""Seconds before each further try, where Amazon asks for no longer ones."""
_RATES = {
    "search_orders": 0.0056,
    **dict.fromkeys(("create_report", "get_report_document"), 0.0167),
    "get_report": 2.0,
}
"""Requests in a second that Amazon allows at the least, by its models. What it refuses for being
too many does not say its rate; what it answers does."""
_RATE = "x-amzn-RateLimit-Limit"
_POLLS = (5, 10, 20, *[30] * 60)
"""Seconds between two questions whether a report is ready; some take half an hour."""
_LONGEST = 3600
_INCLUDED = ("FULFILLMENT", "PACKAGES", "PROCEEDS")
"""What is asked for beside an order's bare lines; BUYER and RECIPIENT are not."""
_NO_CREDENTIALS = (
    "no credentials for Amazon: set SP_API_REFRESH_TOKEN, LWA_APP_ID and LWA_CLIENT_SECRET (for "
    "--account NAME, the first with _NAME at its end), or write refresh_token, lwa_app_id and "
    "lwa_client_secret under default, or NAME, in ~/.config/python-sp-api/credentials.yml"
)


class _RefusedError(Exception):
    """An answer that is none: its status and headers, and Amazon's word for it."""

    def __init__(self, answer: Any, at_sign_in: bool) -> None:
        super().__init__()
        self.status, self.at_sign_in = int(answer.status_code), at_sign_in
        self.word, self.headers = _word(answer), answer.headers

    def why(self, what: str) -> str:
        if self.at_sign_in:
            return (
                f"Amazon does not accept your credentials ({self.word}): check the app id and "
                "secret; if they are right, the refresh token has expired or was revoked: "
                "authorise your app again in Seller Central and put the new token in its place"
            )
        if self.status in (401, 403):
            return (
                f"Amazon refuses the {what} to your app ({self.word}): check its roles in Seller "
                "Central, and that you sell in this marketplace; authorise it again after a change"
            )
        return (
            f"Amazon does not take the request for the {what} ({self.status} {self.word}); check "
            "--marketplace and --days"
        )


class _Strict:
    """The library's connection, by which no failure passes for an empty answer."""

    def __init__(self, connection: Any, signs_in: bool) -> None:
        self._connection, self._signs_in = connection, signs_in

    def request(self, *args: Any, **given: Any) -> Any:
        answer = self._connection.request(*args, **given)
        if not answer.is_success:
            raise _RefusedError(answer, self._signs_in)
        return answer


class SellingPartner:
    """The calls of one account to the marketplaces of one region."""

    def __init__(
        self, places: Sequence[str], account: str | None, told: Callable[[str], None]
    ) -> None:
        """Find the credentials; nothing is asked yet.

        Args:
            places: Amazon's letters of the marketplaces.
            account: whose credentials; those without a name if not given.
            told: told what is being done.

        Raises:
            ParameterError: the marketplaces are of several regions, or no credentials are there.
        """
        there = [Marketplaces[code] for code in places]
        if len({m.endpoint for m in there}) > 1:
            raise ParameterError(
                f"--marketplace {', '.join(places)}: Amazon has different credentials for each "
                "region; run it once for each, into the same folder"
            )
        self._ids, self._told = [m.marketplace_id for m in there], told
        self._rates = dict(_RATES)
        self._orders, self._reports = (
            _client(kind, there[0], account) for kind in (OrdersV20260101, Reports)
        )

    def orders(self, first: date, last: date, what: str) -> list[dict[str, Any]]:
        """The seller's own orders whose last update was on these days (UTC), as they are now."""
        given: dict[str, Any] = {
            "lastUpdatedAfter": _midnight(first),
            "lastUpdatedBefore": _midnight(last + timedelta(days=1)),
            "marketplaceIds": self._ids,
            "fulfilledBy": ["MERCHANT"],
            "includedData": _INCLUDED,
        }
        orders: list[dict[str, Any]] = []
        while True:
            page = self._ask(what, self._orders.search_orders, **given)
            orders += _part(page, "orders", what)
            if not page.next_token:
                return orders
            given["paginationToken"] = page.next_token
            self._told(f"{what}, {len(orders):,} so far")

    def report(self, kind: str, what: str, days: tuple[date, date] | None = None) -> bytes | None:
        """The content of a report that Amazon makes now; None where it has nothing to tell.

        Raises:
            InputError: it cannot make it, or not in half an hour.
        """
        given: dict[str, Any] = {"reportType": kind, "marketplaceIds": self._ids}
        if days:
            given["dataStartTime"] = _midnight(days[0])
            given["dataEndTime"] = _midnight(days[1] + timedelta(days=1))
        made = self._ask(what, self._reports.create_report, **given)
        for pause in _POLLS:
            state = self._ask(what, self._reports.get_report, _part(made, "reportId", what))
            status = _part(state, "processingStatus", what)
            if status in ("DONE", "CANCELLED", "FATAL"):
                break
            self._wait(pause, f"{what}: being made")
        if status == "CANCELLED":  # Amazon cancels a report by itself where it would be empty
            return None
        if status != "DONE":
            why = "could not make" if status == "FATAL" else "has not finished"
            raise InputError(
                f"Amazon {why} the {what} ({status}); run the command again later: it goes on from "
                "here"
            )
        number = _part(state, "reportDocumentId", what)
        place = self._ask(what, self._reports.get_report_document, number)
        get, url = self._reports._transport.request, _part(place, "url", what)
        content: bytes = self._ask(what, get, "GET", url).content
        if place.payload.get("compressionAlgorithm") != "GZIP":
            return content
        with suppress(OSError, EOFError, zlib.error):
            return gzip.decompress(content)
        raise InputError(f"the {what} came damaged; run the command again")

    def _ask(self, what: str, call: Callable[..., Any], *args: Any, **given: Any) -> Any:
        """Amazon's answer, asked for anew where it is busy, by the pauses that it asks for."""
        name = call.__name__
        for pause in (*_PAUSES, None):
            try:
                answer = call(*args, **given)
                self._rates[name] = _rate(answer.headers) or self._rates.get(name, 0)
                return answer
            except _RefusedError as e:
                if e.status != httpx.codes.TOO_MANY_REQUESTS and e.status < 500:
                    raise ParameterError(e.why(what)) from None
                too_many = e.status == httpx.codes.TOO_MANY_REQUESTS and not e.at_sign_in
                usual = self._rates.get(name, 0) if too_many else 0
                busy, asked = f"is busy ({e.status})", _wait(e.headers, usual)
            except (httpx.RequestError, ValueError):  # no answer, or a token that is no JSON
                busy, asked = "does not answer", 0.0
            if pause is None:
                break
            self._wait(max(pause, asked), f"{what}: Amazon {busy}")
        raise InputError(
            f"Amazon {busy}, so the {what} could not be fetched; run the same command later: it "
            "goes on from here"
        )

    def _wait(self, seconds: float, what: str) -> None:
        self._told(f"{what}; wait {seconds:.0f} s")
        sleep(seconds)


def _client(kind: Any, marketplace: Any, account: str | None) -> Any:
    own = account is None or f"SP_API_REFRESH_TOKEN_{account}" in os.environ
    # variables without a name are another account's, whose packages would pass for this one's
    variables = [FromEnvironmentVariablesCredentialProvider] if own else []
    try:
        client = kind(
            marketplace,
            account=account or "default",
            credential_providers=[*variables, FromConfigFileCredentialProvider],
            timeout=60,
        )
    except MissingCredentials:
        raise ParameterError(_NO_CREDENTIALS) from None
    if not client.credentials.refresh_token:
        raise ParameterError(_NO_CREDENTIALS)
    client.endpoint = marketplace.endpoint  # the library lets an environment variable go before it
    client._transport = _Strict(client._transport, signs_in=False)
    client._auth._transport = _Strict(client._auth._transport, signs_in=True)
    return client


def _part(answer: Any, name: str, what: str) -> Any:
    """A part of an answer that has to be there."""
    if (part := answer.payload.get(name)) is None:
        raise InputError(f"Amazon's answer about the {what} is incomplete; run the command again")
    return part


def _midnight(day: date) -> str:
    return f"{day}T00:00:00Z"


def _wait(headers: Any, usual: float) -> float:
    """Seconds that Amazon asks to wait: as it says, or until its rate allows one more request."""
    with suppress(TypeError, ValueError):
        return min(float(headers.get("Retry-After")), _LONGEST)
    rate = _rate(headers) or usual
    return min(1 / rate, _LONGEST) if rate else 0.0


def _rate(headers: Any) -> float:
    with suppress(TypeError, ValueError):
        return max(float(headers.get(_RATE)), 0)
    return 0


def _word(answer: Any) -> str:
    """Amazon's code for what is wrong: `Unauthorized`, `invalid_grant`; never its sentence."""
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        body = answer.json()
        word = body.get("error") or body["errors"][0]["code"]
        if word.isidentifier() and len(word) <= 40:
            return str(word)
    return "no reason given"
