#include "office/rules.h"
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "cli/verbs.h"

namespace cli {
namespace {

std::string lineOf(const office::Rule& rule) {
    return fmt::format("{} = {}   (may be {})\n    {}\n", rule.name, rule.value,
                       fmt::join(rule.values, ", "), rule.meaning);
}

}  // namespace

Result<Answer> authorityRule(const Context& context, const std::string& name,
                             const std::string& value) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    Answer out;
    if (value.empty()) {
        TRY(std::vector<office::Rule> rules, office::rules(*replica));
        if (!name.empty()) {
            TRY(office::Rule one, office::ruleNamed(*replica, name));
            rules = {one};
        }
        for (const office::Rule& rule : rules) {
            out.json[rule.name] = rule.value;
            out.text += lineOf(rule);
        }
        return out;
    }
    TRY(office::RuleChange change, office::setRule(*replica, name, value));
    out.json[name] = value;
    out.json["changed"] = change == office::RuleChange::Written;
    out.text = change == office::RuleChange::Written
                   ? "The rule " + name + " is " + value + " from the next sync on.\n"
                   : "The rule " + name + " is " + value + " already; nothing was written.\n";
    return out;
}

}  // namespace cli
