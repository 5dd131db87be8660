// Units from a file, each with its ledger's first key.

#include <algorithm>
#include <cctype>
#include <set>
#include "base/limits.h"
#include "base/text.h"
#include "documents/csv.h"
#include "office/acts.h"
#include "office/administration.h"

namespace office {
namespace {

using base::Code;
using base::fail;

std::optional<domain::UnitLevel> levelFromName(std::string_view name) {
    if (name == "province") return domain::UnitLevel::Province;
    if (name == "department") return domain::UnitLevel::Department;
    if (name == "commune") return domain::UnitLevel::Commune;
    return {};
}

base::Error lineError(std::size_t line, const std::string& what) {
    return {Code::InvalidInput, "Line " + std::to_string(line) + " of the units: " + what + "."};
}

Result<UnitLine> unitOfLine(const std::vector<std::string>& cells, std::size_t line) {
    UnitLine out;
    out.code = std::string(base::trim(cells[0]));
    TRY(out.name, base::toNfc(base::trim(cells.size() > 1 ? cells[1] : "")));
    auto level = levelFromName(cells.size() > 2 ? base::trim(cells[2]) : "");
    if (out.code.empty() || out.code.size() > base::limits::kCodeBytesMax) {
        return tl::unexpected(lineError(line, "a unit needs a code of at most 64 letters"));
    }
    bool plain = std::all_of(out.code.begin(), out.code.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    });
    if (!plain || out.code == "all") {
        return tl::unexpected(lineError(
            line, "a code has only letters without marks, digits, - _ and ., and is not \"all\""));
    }
    if (out.name.empty() || out.name.size() > base::limits::kNameBytesMax) {
        return tl::unexpected(lineError(line, "a unit needs a name"));
    }
    if (!level || *level == domain::UnitLevel::Province) {
        return tl::unexpected(lineError(line, "the level must be department or commune"));
    }
    out.level = *level;
    if (cells.size() > 3) out.parent = std::string(base::trim(cells[3]));
    return out;
}

}  // namespace

Result<std::vector<UnitLine>> readUnits(base::ByteView csv) {
    TRY(documents::Sheet sheet, documents::readCsv(csv));
    std::vector<UnitLine> out;
    std::set<std::string> codes;  // x001 and X001 would be one code to those who type it
    bool headerSeen = false;
    std::size_t line = 0;
    for (std::size_t row = 0; row < sheet.rowCount(); ++row) {
        const std::vector<std::string>& cells = sheet.row(row);
        line = row + 1;
        bool blank = std::all_of(cells.begin(), cells.end(),
                                 [](const auto& c) { return base::trim(c).empty(); });
        if (blank) continue;
        if (!headerSeen) {
            bool isHeader = cells.size() >= 3 && base::trim(cells[0]) == "code" &&
                            base::trim(cells[1]) == "name" && base::trim(cells[2]) == "level";
            if (!isHeader)
                return tl::unexpected(
                    lineError(line, "the header must be code,name,level[,parent]"));
            headerSeen = true;
            continue;
        }
        TRY(UnitLine unit, unitOfLine(cells, line));
        if (!codes.insert(base::foldForSearch(unit.code)).second)
            return tl::unexpected(lineError(line, "the code " + unit.code + " stands twice"));
        out.push_back(std::move(unit));
    }
    if (out.empty())
        return fail(Code::InvalidInput,
                    "The file holds no units; its header must be code,name,level[,parent].");
    return out;
}

Result<UnitsImported> importUnits(replica::Replica& replica, const std::vector<UnitLine>& units) {
    CHECK_OK(needsAdministrator(replica));
    TRY(domain::Directory projected, replica.projectedDirectory());
    UnitsImported out;
    std::map<std::string, std::string> codeOf;  // as it is written, by its folded form
    for (const auto& [code, unit] : projected.units()) codeOf[base::foldForSearch(code)] = code;
    std::set<std::string> earlier;
    std::vector<domain::Change> changes;
    for (const UnitLine& u : units) {
        const domain::Unit* old = projected.unit(u.code);
        auto same = codeOf.find(base::foldForSearch(u.code));
        if (same != codeOf.end() && same->second != u.code) {
            return fail(Code::InvalidInput, "The code " + u.code +
                                                " differs from that of the unit " + same->second +
                                                " in small and capital letters only; write it as "
                                                "there, or give the unit another one.");
        }
        if (projected.isProvinceUnit(u.code)) {
            return fail(
                Code::InvalidInput,
                "The code " + u.code + " is the province's own; give the unit another one.");
        }
        bool parentKnown =
            u.parent.empty() || projected.unit(u.parent) != nullptr || earlier.contains(u.parent);
        if (!parentKnown) {
            return fail(Code::UnknownUnit, "The parent " + u.parent + " of unit " + u.code +
                                               " does not exist, or stands below it in the file.");
        }
        earlier.insert(u.code);
        if (old != nullptr && old->name == u.name && old->level == u.level &&
            old->parent == u.parent) {
            ++out.unchanged;
            continue;
        }
        changes.push_back(domain::UnitDescribed{u.code, u.name, u.level, u.parent});
        if (old != nullptr) {
            ++out.updated;
            continue;
        }
        ++out.created;
        base::ScopeId scope = domain::scopeIdOf(projected.province(), u.code);
        TRY(auto made,
            replica.keys().make(replica.directory().directory(), scope, replica.random()));
        changes.push_back(made.change);
    }
    if (!changes.empty()) {
        auto acts = actsOf(projected.directoryScopeId(), std::move(changes));
        CHECK_OK(replica.appendAll(acts, replica::Cost::Bulk));
    }
    return out;
}

}  // namespace office
