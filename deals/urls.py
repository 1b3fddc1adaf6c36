from django.urls import path

from deals.views import (
    board,
    calendars,
    companies,
    consent,
    contacts,
    course,
    deals,
    importing,
    merging,
    people,
    pipelines,
    report,
    thresholds,
)

app_name = "deals"
urlpatterns = [
    # Deals
    path("deals/", deals.deal_list, name="list"),
    path("deals/new/", deals.new, name="new"),
    path("deals/<int:pk>/", deals.deal, name="deal"),
    path("deals/<int:pk>/edit/", deals.edit, name="edit"),
    path("deals/<int:pk>/move/", course.move, name="move"),
    path("deals/<int:pk>/moves/<int:entry_id>/undo/", course.undo_move, name="undo-move"),
    path("deals/<int:pk>/owner/", course.hand_over, name="hand-over"),
    path("deals/<int:pk>/reopen/", course.reopen, name="reopen"),
    path("deals/<int:pk>/onboarding/", course.onboarding, name="onboarding"),
    path("deals/<int:pk>/people/", people.join, name="join"),
    path("deals/<int:pk>/people/<int:part_id>/leave/", people.leave, name="leave"),
    path("deals/<int:pk>/people/<int:part_id>/lead/", people.lead, name="lead"),
    path("deals/board/", board.board, name="board"),
    # Contacts
    path("contacts/", contacts.contact_list, name="contacts"),
    path("contacts/new/", contacts.new, name="contact-new"),
    path("contacts/names/", contacts.names, name="contact-names"),
    path("contacts/<int:pk>/", contacts.contact, name="contact"),
    path("contacts/<int:pk>/edit/", contacts.edit, name="contact-edit"),
    path("contacts/<int:pk>/facts/", contacts.learn, name="learn"),
    path("contacts/<int:pk>/facts/<int:fact_id>/forget/", contacts.forget, name="forget"),
    path("contacts/<int:pk>/opt-outs/", consent.opt_out, name="opt-out"),
    path("contacts/<int:pk>/opt-outs/<int:out_id>/lift/", consent.opt_in, name="opt-in"),
    path("contacts/<int:pk>/erasure/", consent.erase, name="erase"),
    path("contacts/<int:pk>/calendar/", consent.hours, name="contact-hours"),
    path(
        "contacts/<int:pk>/merge/", merging.choose, {"kind": "contact"}, name="contact-merge-with"
    ),
    path(
        "contacts/<int:pk>/merge/<int:other_id>/",
        merging.merge,
        {"kind": "contact"},
        name="contact-merge",
    ),
    # Companies
    path("companies/", companies.company_list, name="companies"),
    path("companies/new/", companies.new, name="company-new"),
    path("companies/names/", companies.names, name="company-names"),
    path("companies/<int:pk>/", companies.company, name="company"),
    path("companies/<int:pk>/edit/", companies.edit, name="company-edit"),
    path("companies/<int:pk>/calendar/", companies.hours, name="company-hours"),
    path(
        "companies/<int:pk>/merge/", merging.choose, {"kind": "company"}, name="company-merge-with"
    ),
    path(
        "companies/<int:pk>/merge/<int:other_id>/",
        merging.merge,
        {"kind": "company"},
        name="company-merge",
    ),
    # Pipelines and calendars
    path("settings/pipelines/", pipelines.pipeline_list, name="pipelines"),
    path("settings/pipelines/new/", pipelines.new, name="pipeline-new"),
    path("settings/pipelines/<int:pk>/", pipelines.edit, name="pipeline-edit"),
    path("settings/pipelines/<int:pk>/removal/", pipelines.remove, name="pipeline-remove"),
    path("settings/pipelines/<int:pk>/stages/", pipelines.new_stage, name="stage-new"),
    path("settings/stages/<int:pk>/", pipelines.edit_stage, name="stage-edit"),
    path("settings/stages/<int:pk>/place/", pipelines.move_stage, name="stage-move"),
    path("settings/stages/<int:pk>/removal/", pipelines.remove_stage, name="stage-remove"),
    path("settings/calendars/", calendars.calendar_list, name="calendars"),
    path("settings/calendars/new/", calendars.new, name="calendar-new"),
    path("settings/calendars/<int:pk>/", calendars.edit, name="calendar-edit"),
    # Import
    path("settings/import/", importing.imports, name="import"),
    path("settings/import/<int:pk>/", importing.run, name="import-run"),
    path("settings/import/<int:pk>/confirm/", importing.confirm, name="import-confirm"),
    path("settings/import/<int:pk>/drop/", importing.drop, name="import-drop"),
    path("settings/import/<int:pk>/rejected.csv", importing.rejected, name="import-rejected"),
    # The report
    path("report/", report.page, name="report"),
    path("report/deals/", report.deals, name="report-deals"),
    path("report/deals.csv", report.deals_table, name="report-deals-table"),
    path("report/<slug:name>.csv", report.table, name="report-table"),
    # Thresholds
    path("thresholds/", thresholds.page, name="thresholds"),
    path("thresholds/<int:pk>/", thresholds.stage, name="threshold"),
    path("thresholds/<int:pk>/preview/", thresholds.preview, name="threshold-preview"),
    path("thresholds/<int:pk>/progress/", thresholds.progress, name="threshold-progress"),
]
