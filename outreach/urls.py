from django.urls import path

from outreach.views import (
    actions,
    drafts,
    guesses,
    handbook,
    letting_go,
    reasons,
    remarks,
    many,
    search,
    sending,
    suggestions,
    templates,
    today,
    tone,
    touches,
    undo,
    unsubscribe,
)

app_name = "outreach"
urlpatterns = [
    path("", today.page, name="today"),
    path("heartbeat/", today.beat, name="heartbeat"),
    path("search/", search.page, name="search"),
    path("undo/<str:token>/", undo.take_back, name="undo"),
    path("help/<slug:name>/", handbook.page, name="help"),
    path("notices/<int:pk>/read/", undo.read_notice, name="notice-read"),
    # Many deals
    path("deals/many/", many.choose, name="many"),
    path("deals/many/<str:kind>/", many.act, name="many-act"),
    # A deal
    path("deals/<int:pk>/reply/", actions.reply, name="reply"),
    path("deals/<int:pk>/pause/", actions.pause, name="pause"),
    path("deals/<int:pk>/let-go/", letting_go.let_go, name="let-go"),
    path("deals/<int:pk>/closing-note/", letting_go.note, name="closing-note"),
    path("deals/<int:pk>/won/", actions.won, name="won"),
    path("deals/<int:pk>/lost/", actions.lost, name="lost"),
    path("deals/<int:pk>/touches/", touches.log, name="touches"),
    path("deals/<int:pk>/send/", sending.send, name="send"),
    path("deals/<int:pk>/deliveries/", sending.of_deal, name="deliveries"),
    path("deliveries/<int:pk>/cancellation/", sending.cancel, name="delivery-cancel"),
    path("deliveries/<int:pk>/resolution/", sending.resolve, name="delivery-resolve"),
    path("deals/<int:pk>/remarks/", remarks.index, name="remarks"),
    path("deals/<int:pk>/remarks/new/", remarks.new, name="remark-new"),
    # A touch, a remark, a pause, a suggestion
    path("remarks/<int:pk>/", remarks.edit, name="remark"),
    path("remarks/<int:pk>/deletion/", remarks.delete, name="remark-delete"),
    path("touches/<int:pk>/", touches.touch, name="touch"),
    path("touches/<int:pk>/settled/", touches.settle, name="touch-settle"),
    path("touches/<int:pk>/deletion/", touches.delete, name="touch-delete"),
    path("holds/<int:pk>/end/", actions.end_hold, name="hold-end"),
    path("holds/<int:pk>/meeting/", actions.meeting, name="meeting"),
    path("promises/<int:pk>/release/", actions.release_promise, name="promise-release"),
    path("suggestions/<int:pk>/reason/", reasons.say, name="reason"),
    path("suggestions/<int:pk>/snooze/", suggestions.snooze, name="snooze"),
    path("suggestions/<int:pk>/dismissal/", suggestions.dismiss, name="dismiss"),
    path("suggestions/<int:pk>/another/", suggestions.another, name="another"),
    path("suggestions/<int:pk>/draft/", drafts.another, name="another-draft"),
    path("suggestions/<int:pk>/address/", suggestions.address, name="address"),
    # For whoever received a mail of ours
    path("unsubscribe/<str:token>/", unsubscribe.page, name="unsubscribe"),
    # For those who lead
    path("report/guesses/", guesses.page, name="guesses"),
    # The words that drafts begin with, and how they are checked
    path("tone/", tone.check, name="tone"),
    path("settings/templates/", templates.index, name="templates"),
    path("settings/templates/new/", templates.new, name="template-new"),
    path("settings/templates/<int:pk>/", templates.edit, name="template"),
    path("settings/templates/<int:pk>/deletion/", templates.delete, name="template-delete"),
    path("settings/templates/<int:pk>/shipped/", templates.shipped, name="template-shipped"),
]
