#include <fmt/format.h>
#include "cli/verbs.h"
#include "office/import.h"

namespace cli {
namespace {

using base::Code;
using base::fail;

enum class Done { Previewed, Written };

bool isRefused(const documents::Problem& problem) {
    return problem.level == documents::Problem::Level::Refused;
}

std::string problemsText(const std::vector<documents::Problem>& problems) {
    if (problems.empty()) return {};
    TextTable table({"CELL", "THE ROW IS", "AS WRITTEN", "WHAT IS WRONG (in Vietnamese)"});
    for (const documents::Problem& p : problems) {
        bool noted = p.kind == documents::Problem::Kind::Note;
        table.add({p.cell,
                   isRefused(p) ? "LEFT OUT"
                   : noted      ? "imported"
                                : "imported, marked",
                   p.raw, p.message});
    }
    return "\n" + counted(problems.size(), "cell") + " to look at:\n" +
           table.text(30, TextTable::kUncut);
}

std::string countsText(const office::ImportPlan& plan, std::size_t units) {
    std::string out = fmt::format("{} from {}: {} new, {} changed, {} as before.\n",
                                  counted(plan.tasks, "task"), counted(plan.documents, "document"),
                                  plan.created, plan.updated, plan.unchanged);
    if (units == 0) {
        out += "Without --assign-to the tasks lie with the office itself.\n";
    } else if (units == 1) {
        out += "Assigned to 1 unit.\n";
    } else {
        out += fmt::format(
            "Assigned to {} units. A task counts once, however many units it goes to: as new if "
            "any of them did not have it, as changed if any of them has it otherwise.\n",
            units);
    }
    if (plan.leftOut > 0) {
        out += fmt::format("{} of the table LEFT OUT; what is wrong stands below.\n",
                           counted(plan.leftOut, "row"));
    }
    return out;
}

std::string textOf(const office::ImportPlan& plan, std::size_t units, Done done) {
    std::string out = countsText(plan, units) + problemsText(plan.problems);
    if (done == Done::Previewed)
        return out +
               "\nNothing was written. With --yes instead of --preview the table is imported.\n";
    if (plan.acts.empty()) return out + "\nNothing new: the table was imported before.\n";
    return out + "\nSaved on this machine; the tasks are sent with the next sync.\n";
}

Json jsonOf(const office::ImportPlan& plan) {
    Json out{{"documents", plan.documents}, {"tasks", plan.tasks},
             {"created", plan.created},     {"updated", plan.updated},
             {"unchanged", plan.unchanged}, {"left_out", plan.leftOut},
             {"problems", Json::array()}};
    for (const documents::Problem& p : plan.problems) {
        out["problems"].push_back(Json{{"cell", p.cell},
                                       {"raw", p.raw},
                                       {"message", p.message},
                                       {"level", isRefused(p) ? "refused" : "doubtful"}});
    }
    return out;
}

}  // namespace

Result<Answer> importTable(const Context& context, const Import& options) {
    if (options.preview == options.yes)
        return fail(Code::Usage, "Say --preview to look first or --yes to import.");
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    documents::ReadOptions read;
    if (!options.sheet.empty()) read.sheet = options.sheet;
    read.today = base::localDate(home->clock().nowMs());
    TRY(documents::ImportTable table,
        documents::readTable(std::filesystem::path(options.file), read));
    const domain::Directory& directory = replica->directory().directory();
    if (replica->ownUnit() == nullptr || !directory.isProvinceUnit(replica->ownUnit()->code))
        return fail(Code::NotPermitted, "Only the province office imports task tables.");
    std::vector<std::string> units;
    if (!options.assignTo.empty()) {
        TRY(units, office::unitsOf(directory, options.assignTo));
    }
    TRY(office::ImportPlan plan, office::planImport(*replica, table, units));
    if (options.yes && !plan.acts.empty()) {
        context.progress("Writing " + counted(plan.acts.size(), "entry", "entries") + " …");
        CHECK_OK(replica->appendAll(plan.acts, replica::Cost::Bulk));
    }
    Answer out;
    out.json = jsonOf(plan);
    out.text = textOf(plan, units.size(), options.yes ? Done::Written : Done::Previewed);
    return out;
}

}  // namespace cli
