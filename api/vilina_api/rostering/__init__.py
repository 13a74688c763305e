"""Who works when: a week's shifts for people with skills, contracts and wishes.

rules       what a shift may be, and how much of it one person may work
people      who can work, when, and what they wish
spans       times of the week, as people write them
people_file people from CSV or XLSX
required    staff that units need
shifts      every shift that each person could have
model       all of it as linear programs
search      a roster and a bound on how good one can be
desks       who is at which desk when, and has a break when
roster      what comes of it
making      from people and required staff to a roster
explain     why a slot is not covered
repair      somebody is ill: another roster with few changes
grid        a roster as rows of a table
document    a roster as JSON, and back
exports     iCal, XLSX and CSV
jobs        rosters that are made beside the API, kept as files
"""
