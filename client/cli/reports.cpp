#include <fmt/format.h>
#include "cli/verbs.h"
#include "replica/assignments.h"
#include "replica/unit_named.h"

namespace cli {
namespace {

constexpr std::string_view kPartTitles[] = {"In progress, on time",
                                            "In progress, overdue",
                                            "In progress, no deadline",
                                            "Completed on time",
                                            "Completed late",
                                            "Completed, undecided",
                                            "Suspended",
                                            "Not applicable",
                                            "Unknown (blank)"};
static_assert(std::size(kPartTitles) == domain::kSummaryParts);

}  // namespace

Result<Answer> reportSummary(const Context& context, const std::string& asOf,
                             const std::string& unit) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(base::Date day, dayArgument(asOf, home->clock()));
    TRY(replica::Figures figures, replica::figuresOf(*replica, unit, day));
    const domain::Summary& summary = figures.summary;
    std::string ofUnit;
    if (!unit.empty()) {
        TRY(const domain::Unit* named, replica::unitNamed(replica->directory().directory(), unit));
        ofUnit = ", unit " + named->code;
    }
    Answer out;
    out.json["total"] = summary.total();
    out.text = fmt::format("Summary as of {}{}\n\n", base::toVietnamese(day), ofUnit);
    for (std::size_t i = 0; i < domain::kSummaryParts; ++i) {
        out.json[std::string(domain::timelinessName(static_cast<domain::Timeliness>(i)))] =
            summary.parts[i];
        out.text += fmt::format("{:<26}{:>8}\n", kPartTitles[i], summary.parts[i]);
    }
    out.text += fmt::format(
        "{:<26}{:>8}\n\nCounted: assignments. Overdue: the deadline lies before the day of the "
        "report.\n"
        "Completed without a deadline counts as on time; recalled assignments are left out.\n",
        "Total", summary.total());
    if (figures.dueSoon > 0) {
        out.text += fmt::format(
            "{} on time and due soon: within {} working days of the province's calendar.\n",
            counted(figures.dueSoon, "assignment"), domain::kDueSoonWorkdays);
    }
    if (figures.conflicts > 0) {
        out.text += fmt::format(
            "{} with a CONFLICT: of each the value that reached the province last counts here.\n",
            counted(figures.conflicts, "assignment"));
    }
    if (figures.doubtful > 0) {
        out.text += fmt::format(
            "{} marked \"check\": a cell of the table was not read with certainty, perhaps its "
            "deadline; see task list.\n",
            counted(figures.doubtful, "assignment"));
    }
    return out;
}

Result<Answer> auditList(const Context& context) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(auto items, replica->audit());
    Answer out;
    out.json = Json::array();
    TextTable table({"ENTRY", "CHANGE", "WHY IT HAS NO EFFECT"});
    for (const session::WithoutEffect& item : items) {
        out.json.push_back(
            Json{{"entry", item.entry.hex()}, {"change", item.change}, {"reason", item.reason}});
        table.add({item.entry.hex().substr(0, 16), item.change, item.reason});
    }
    out.text = items.empty() ? "Every change has its effect.\n" : table.text(24, 100);
    return out;
}

}  // namespace cli
