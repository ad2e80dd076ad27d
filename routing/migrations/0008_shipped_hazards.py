from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

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


def shipped_hazards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Safe to run twice."""
    Hazard = apps.get_model("routing", "Hazard")
    rows = [Hazard(name=name, about=about, shipped=True) for name, about in SHIPPED.items()]
    database = schema_editor.connection.alias
    Hazard.objects.using(database).bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("routing", "0007_hazards")]

    operations = [migrations.RunPython(shipped_hazards, migrations.RunPython.noop)]
