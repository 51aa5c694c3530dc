"""Reads template.yaml and turns it into plain CloudFormation, offline.

The same translator that AWS runs does the work, so the local stack deploys what a real deployment
would; only the places that must be S3 addresses (code, definitions) are swapped for their local
paths, which are kept beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.local.cloud import REGION

if TYPE_CHECKING:
    from pathlib import Path

_LOCAL_FILES = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
_ANYWHERE = "s3://local/file"


@dataclass(frozen=True)
class Template:
    """A translated template.

    resources, parameters, conditions, outputs, mappings are the sections as CloudFormation writes
    them. files maps a logical id to the local folder or file it was declared with.
    """

    root: Path
    parameters: dict[str, Any]
    mappings: dict[str, Any]
    conditions: dict[str, Any]
    resources: dict[str, dict[str, Any]]
    outputs: dict[str, Any]
    files: dict[str, Path]


def _take_local_files(document: dict[str, Any], root: Path) -> dict[str, Path]:
    shared = document.get("Globals", {}).get("Function", {}).get("CodeUri")
    files = {}
    for logical_id, resource in document["Resources"].items():
        field = _LOCAL_FILES.get(resource["Type"])
        if field is None:
            continue
        properties = resource.setdefault("Properties", {})
        value = properties.get(field, shared)
        if isinstance(value, str) and not value.startswith("s3://"):
            files[logical_id] = root / value
            properties[field] = _ANYWHERE
    return files


def _translate(document: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.utils import py27hash_fix

    # With no map of AWS's managed policies the translator asks nobody; full ARNs still work.
    py27hash_fix.to_py27_compatible_template(document, parameters)
    translator = Translator({}, Parser(), boto_session=boto3.session.Session(region_name=REGION))
    translated = translator.translate(document, parameter_values=parameters)
    plain: dict[str, Any] = py27hash_fix.undo_mark_unicode_str_in_template(translated)
    return plain


def read_yaml(path: Path) -> Any:
    """A YAML file with CloudFormation's short forms (!Ref) written out."""
    from samtranslator import yaml_helper

    parse: Any = yaml_helper.yaml_parse
    return parse(path.read_text())


def load_template(path: Path, parameters: dict[str, str]) -> Template:
    """Translate the SAM template at path; parameters override its defaults.

    Raises samtranslator's InvalidDocumentException when the template is not valid SAM.
    """
    document = read_yaml(path)
    files = _take_local_files(document, path.parent)
    translated = _translate(document, dict(parameters))
    return Template(
        root=path.parent,
        parameters=translated.get("Parameters", {}),
        mappings=translated.get("Mappings", {}),
        conditions=translated.get("Conditions", {}),
        resources=translated["Resources"],
        outputs=translated.get("Outputs", {}),
        files=files,
    )
