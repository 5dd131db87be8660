#include "office/invitations.h"
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "cli/verbs.h"

namespace cli {
namespace {

using office::InvitationState;
using office::ListedInvitation;

std::string stateText(const ListedInvitation& one) {
    std::string out(office::nameOf(one.state));
    if (one.usedBy) out += " by device " + one.usedBy->hex().substr(0, 10);
    if (!one.isSent) out += ", not sent yet";
    return out;
}

Json jsonOf(const ListedInvitation& one) {
    const domain::Invited& i = one.invited;
    return Json{{"number", i.number.hex()},
                {"unit", i.unit},
                {"officer", i.officer},
                {"roles", domain::roleNames(i.roles)},
                {"expires", base::toIsoTime(i.expiry)},
                {"for_device", i.device.empty() ? Json() : Json(base::toHex(i.device))},
                {"state", office::nameOf(one.state)},
                {"used_by", one.usedBy ? Json(one.usedBy->hex()) : Json()},
                {"sent", one.isSent}};
}

}  // namespace

Result<Answer> authorityInvitations(const Context& context, bool all) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(std::vector<ListedInvitation> list, office::invitations(*replica));
    Answer out;
    out.json = Json::array();
    TextTable table({"NUMBER", "UNIT", "OFFICER", "ROLE", "VALID UNTIL", "MAKES", "STATE"});
    for (const ListedInvitation& one : list) {
        if (!all && one.state != InvitationState::Open) continue;
        out.json.push_back(jsonOf(one));
        const domain::Invited& i = one.invited;
        table.add(
            {i.number.hex().substr(0, 10), i.unit, i.officer,
             fmt::format("{}", fmt::join(domain::roleNames(i.roles), ", ")),
             base::toVietnameseTime(i.expiry),
             i.device.empty() ? "a device" : "an officer on " + base::toHex(i.device).substr(0, 10),
             stateText(one)});
    }
    const std::string which = all ? "" : "open ";
    out.text = out.json.empty()
                   ? "There are no " + which + "invitations.\n"
                   : table.text(28) + "\n" + counted(out.json.size(), which + "invitation") + ".\n";
    return out;
}

Result<Answer> authorityWithdraw(const Context& context, const std::string& number) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(ListedInvitation done, office::withdraw(*replica, number));
    Answer out;
    out.json = jsonOf(done);
    out.text = fmt::format(
        "The invitation of {} (unit {}) is withdrawn with the next sync: its code makes nothing "
        "from then on.\n",
        done.invited.officer, done.invited.unit);
    return out;
}

}  // namespace cli
