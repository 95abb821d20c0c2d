"""A partner in the words of schema.org, as search engines read it. Pure."""

from typing import Any

from earthcode.schema_org import filled

from .models import PartnerPage


def organization(partner: PartnerPage, logo: str | None) -> dict[str, Any]:
    """https://schema.org/Organization; `logo` is an absolute address."""
    return filled(
        {
            "@type": "Organization",
            "name": partner.title,
            "url": partner.website or partner.full_url,
            "mainEntityOfPage": partner.full_url,
            "description": partner.meta_description,
            "logo": logo,
        }
    )
