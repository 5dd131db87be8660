#include "sync/officers.h"
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "cli/verbs.h"
#include "sync/enrolment.h"

namespace cli {
namespace {

std::string rolesText(domain::Roles roles) {
    return fmt::format("{}", fmt::join(domain::roleNames(roles), ", "));
}

Json jsonOf(const syncing::DeviceOfficer& officer) {
    return Json{
        {"officer", officer.name},
        {"roles", domain::roleNames(officer.roles)},
        {"key", officer.key.hex()},
        {"enrolled_at", officer.enrolledAt ? Json(base::toIsoTime(*officer.enrolledAt)) : Json()},
        {"key_held", officer.isKeyHeld},
        {"pending", !officer.enrolledAt}};
}

}  // namespace

Result<Answer> officerAdd(const Context& context, const std::string& invite) {
    TRY(const crypto::SecretBytes code, secretArgument(invite));
    TRY(domain::Invitation invitation, domain::Invitation::parse(code.text()));
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    if (!syncing::knowsInvitation(*replica, domain::InvitationKeys::derive(invitation.secret))) {
        context.progress("Asking " + replica->identity().serverAddress + " for the invitation …");
        syncing::SyncReport report;
        if (auto asked = syncing::runSession(*replica, report); !asked)
            return tl::unexpected(
                afterCut(asked.error(), "the same thongsuot officer add command"));
    }
    TRY(syncing::DeviceOfficer added, syncing::addOfficer(*replica, invitation));
    Answer out;
    out.json = jsonOf(added);
    out.text = fmt::format(
        "{} works at this device too, as {}, with a key that was made here. It counts from the "
        "next "
        "sync on; thongsuot officer list shows when the province has taken it.\n",
        added.name, rolesText(added.roles));
    return out;
}

Result<Answer> officerList(const Context& context) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(std::vector<syncing::DeviceOfficer> officers, syncing::officersOf(*replica));
    Answer out;
    out.json = Json::array();
    TextTable table({"OFFICER", "ROLE", "SINCE", "KEY"});
    for (const syncing::DeviceOfficer& officer : officers) {
        out.json.push_back(jsonOf(officer));
        table.add(
            {officer.name, rolesText(officer.roles),
             officer.enrolledAt ? base::toVietnameseTime(*officer.enrolledAt) : "not sent yet",
             officer.isKeyHeld ? "on this machine" : "not on this machine"});
    }
    out.text = table.text(40);
    if (officers.size() > 1) {
        out.text +=
            "\nA completion is signed by one of them (task complete --officer). What else is "
            "written here is sealed by the device alone: histories name them all.\n";
    }
    return out;
}

}  // namespace cli
