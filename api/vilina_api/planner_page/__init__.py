"""What the planner's page shows: do we have enough people?

week         weeks by their number, as planners name them
subject      the whole site, a unit, or a zone
axis         a week of opening hours, one day beside the other
fan          what may come, what came, and what was said the day before
heat         the week by weekday and hour
steps        staff as steps over what keeps them busy
answer       what is needed, and what is lacking
drawing      a chart as SVG for a page, as SVG or PNG for a file, and its numbers as CSV
week_numbers what is known of a week's people, out of the outlook
week_plans   staff plans of weeks, made unit by unit
week_rosters the people who may work, and rosters of weeks
page         all of it, ready for its templates
files        a chart of the page as a file
"""
