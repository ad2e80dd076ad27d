"""What a new site has from its first message on: a policy, and the hazards that it comes with."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# The source article's router: a score of 7 goes to the strong tier. Both models were announced
# to be shut down on 2026-10-23; the successors are the ones that the announcement names.
SETTINGS = {
    "threshold": 7,
    "analyzer": "learned",
    "cheap_model": "gpt-3.5-turbo",
    "cheap_successor": "gpt-5.6-terra",
    "cheap_output_limit": 500,
    "strong_model": "gpt-4",
    "strong_successor": "gpt-5.6-sol",
    "strong_output_limit": 900,
    "temperature": 0.3,
}
REASON = "What the site came with."

# A row for each hazard that the product comes with, for what a site adds to it. Its phrases are in
# the product's own file, which grows from release to release.
SHIPPED = {
    "poisoning and medicines": "Swallowed or inhaled substances, doses, interactions, medicines for children, in pregnancy or with other medicines.",
    "injury and acute illness": "Somebody is hurt, in pain, cannot breathe, faints or has symptoms that cannot wait.",
    "self-harm and despair": "Somebody speaks of wanting to die or of hurting themselves, or fears it of another person.",
    "violence and threats": "Threats, assault, stalking, abuse at home, blackmail, weapons.",
    "children in danger": "A child or baby has swallowed something, is missing, alone, or contacted by strangers.",
    "fire, gas and electricity": "Smoke, fire, gas, carbon monoxide, electric shock, sparks, swollen or hot batteries, water near current.",
    "food and allergies": "Allergens, contamination, spoiled food, illness after eating.",
    "fraud under way": "Scams, phishing, false callers, codes and passwords given away, suspicious payments asked for.",
    "account takeover and theft": "Somebody else is in the account, uses the card or the name; stolen phones, papers, things.",
    "disputed payments and lost money": "Wrong or double charges, lost transfers, frozen funds, sums that a customer cannot do without.",
    "law and regulators": "Lawyers, courts, deadlines, appeals, rights, liability, contracts to sign, notices and dismissals.",
    "accidents and damage": "Collisions, injuries to others, damage to property, faults of a product in use: who pays and what to do now.",
    "personal data and leaks": "Data of other people shown, leaked or asked for; deletion and disclosure.",
    "irreversible technical acts": "Deleted or encrypted data, production systems, keys, migrations, resets: what cannot be undone.",
    "travel papers": "Passports, visas, permits, consent for minors, missed connections: a wrong answer ends a journey.",
    "dangerous goods and work": "Chemicals, lithium batteries and weapons in the post, asbestos, machines, work on gas and current.",
    "animals in danger": "Pets that ate something, are ill or hurt, or bit somebody.",
    "home and livelihood": "Eviction, supply cut off, benefits stopped, dismissal, somebody dependent on devices or care.",
}


def first_policy(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A site decides from its first message on. The criteria are the field's default."""
    Policy = apps.get_model("routing", "Policy")
    policies = Policy.objects.using(schema_editor.connection.alias)
    if not policies.exists():
        policies.create(version=1, is_current=True, reason=REASON, **SETTINGS)


def shipped_hazards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Safe to run twice."""
    Hazard = apps.get_model("routing", "Hazard")
    rows = [Hazard(name=name, about=about, shipped=True) for name, about in SHIPPED.items()]
    database = schema_editor.connection.alias
    Hazard.objects.using(database).bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_initial")]

    operations = [
        migrations.RunPython(first_policy, migrations.RunPython.noop),
        migrations.RunPython(shipped_hazards, migrations.RunPython.noop),
    ]
