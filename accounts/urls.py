from django.urls import path

from accounts.views import covers, invitations, overview, people, profile, teams, tokens

app_name = "accounts"
urlpatterns = [
    path("invitations/<str:token>/", invitations.accept, name="accept"),
    path("settings/", overview.page, name="settings"),
    path("settings/profile/", profile.profile, name="profile"),
    path("settings/workspace/", profile.workspace, name="workspace"),
    path("settings/people/", people.listing, name="people"),
    path("settings/people/new/", invitations.invite, name="invite"),
    path("settings/people/<int:person_id>/", people.person, name="person"),
    path(
        "settings/people/<int:person_id>/invitation/", invitations.invite_again, name="invite-again"
    ),
    path("settings/people/<int:person_id>/deactivation/", people.deactivate, name="deactivate"),
    path("settings/people/<int:person_id>/reactivation/", people.reactivate, name="reactivate"),
    path("settings/people/<int:person_id>/covers/", covers.arrange, name="covers"),
    path("settings/away/", covers.listing, name="away"),
    path("settings/covers/<int:cover_id>/", covers.change, name="cover"),
    path("settings/covers/<int:cover_id>/end/", covers.end, name="cover-end"),
    path("settings/teams/", teams.listing, name="teams"),
    path("settings/teams/<int:team_id>/", teams.team, name="team"),
    path("settings/teams/<int:team_id>/deletion/", teams.delete, name="team-delete"),
    path("settings/tokens/", tokens.index, name="tokens"),
    path("settings/tokens/<int:pk>/revocation/", tokens.revoke, name="token-revocation"),
]
