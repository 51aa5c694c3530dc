"""The demo programme, made the way a marketer makes one: through the staff API."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from infra.local.events import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.events import Response

PROGRAMME = "demo"
BRAND = "Example Shop"
TERMS_URL = "https://example.com/sms/terms"
PRIVACY_URL = "https://example.com/privacy"
MAX_PER_MONTH = 8
COUNTRIES = [
    "US",
    "CA",
    "GB",
    "FR",
    "AU",
    "SE",
    "DE",
    "BR",
    "ES",
    "IT",
    "NL",
    "PL",
    "CZ",
    "MX",
    "JP",
    "ZA",
    "NZ",
    "IE",
]

_DISCLOSURES: Mapping[str, str] = {
    "en": (
        "I agree to receive recurring automated marketing text messages (Weekly offers) "
        "from {brand} at the mobile number I entered, up to {max} messages per month. "
        "Consent is not a condition of any purchase. Message and data rates may apply. "
        "Reply STOP to cancel at any time, HELP for help. Terms: {terms} Privacy: {privacy}"
    ),
    "es": (
        "Acepto recibir mensajes de texto publicitarios periódicos y automatizados (Weekly "
        "offers) de {brand} en el número de móvil que he indicado, hasta {max} mensajes al "
        "mes. El consentimiento no es condición para ninguna compra. Pueden aplicarse "
        "tarifas de mensajes y datos. Responda STOP para cancelar en cualquier momento, "
        "HELP para obtener ayuda. Condiciones: {terms} Privacidad: {privacy}"
    ),
    "fr": (
        "J'accepte de recevoir des SMS publicitaires récurrents et automatisés (Weekly "
        "offers) de {brand} au numéro de mobile indiqué, jusqu'à {max} messages par mois. "
        "Le consentement n'est pas une condition d'achat. Des frais de messages et de "
        "données peuvent s'appliquer. Répondez STOP pour vous désabonner à tout moment, "
        "HELP pour obtenir de l'aide. Conditions : {terms} Confidentialité : {privacy}"
    ),
    "de": (
        "Ich stimme zu, von {brand} regelmäßig automatisierte Werbe-SMS (Weekly offers) an "
        "die angegebene Mobilnummer zu erhalten, höchstens {max} Nachrichten pro Monat. Die"
        " Einwilligung ist keine Bedingung für einen Kauf. Es können Nachrichten- und "
        "Datenkosten anfallen. Antworten Sie jederzeit STOP, um sich abzumelden, oder HELP "
        "für Hilfe. Bedingungen: {terms} Datenschutz: {privacy}"
    ),
}


class Seedable(Protocol):
    """What the seed asks of a stack."""

    def token(self, group: str) -> str:
        """A staff token."""
        ...

    def ask(self, request: Request) -> Response:
        """What the API answers."""
        ...


class SeedError(RuntimeError):
    """The staff API refused the demo programme; the message holds its answer."""


def disclosure(locale: str) -> str:
    """The disclosure wording of the demo programme in a locale."""
    return _DISCLOSURES[locale].format(
        brand=BRAND, max=MAX_PER_MONTH, terms=TERMS_URL, privacy=PRIVACY_URL
    )


def programme() -> dict[str, Any]:
    """The demo programme as POST /v1/programmes takes it."""
    return {
        "programme_id": PROGRAMME,
        "name": "Weekly offers",
        "brand": BRAND,
        "description": "Deals of the week and early access to sales",
        "max_per_month": MAX_PER_MONTH,
        "countries": COUNTRIES,
        "locales": list(_DISCLOSURES),
        "terms_url": TERMS_URL,
        "privacy_url": PRIVACY_URL,
        "topics": ["deals", "new-arrivals", "events"],
    }


def seed(stack: Seedable) -> None:
    """Make staff, the demo programme and its disclosures unless they are there. Raises SeedError
    when the API refuses.
    """
    for group in ("marketing", "compliance"):
        stack.token(group)
    status, _ = _call(stack, "GET", f"/v1/programmes/{PROGRAMME}", None)
    if status == HTTPStatus.OK:
        return
    _post(stack, "/v1/programmes", programme())
    for locale in _DISCLOSURES:
        body = {"locale": locale, "text": disclosure(locale)}
        _post(stack, f"/v1/programmes/{PROGRAMME}/disclosures", body)


def _post(stack: Seedable, path: str, body: dict[str, Any]) -> None:
    status, answer = _call(stack, "POST", path, body)
    if status not in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED):
        raise SeedError(f"POST {path} answered {status}: {answer[:500]}")


def _call(stack: Seedable, method: str, path: str, body: Any) -> tuple[int, str]:
    headers = [
        ("authorization", f"Bearer {stack.token('marketing')}"),
        ("content-type", "application/json"),
    ]
    sent = b"" if body is None else json.dumps(body).encode()
    answer = stack.ask(Request(method, path, "", headers, sent, source_ip="127.0.0.1"))
    return answer.status, answer.body.decode()
