#include "office/rules.h"
#include <algorithm>
#include "office/administration.h"

namespace office {
namespace {

using base::Code;
using base::fail;

std::string listed(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

/// A dictionary that was allowed once stays allowed.
std::vector<std::string> dictionaries(const domain::Directory& directory) {
    std::vector<std::string> out;
    for (unsigned i = directory.dictionaryAllowed(directory.size());
         i <= replica::Replica::dictionaryNewest(); ++i) {
        out.push_back(std::to_string(i));
    }
    return out;
}

}  // namespace

base::Result<std::vector<Rule>> rules(const replica::Replica& replica) {
    TRY(domain::Directory projected, replica.projectedDirectory());
    return std::vector<Rule>{
        {"grant",
         projected.rule("grant").value_or("automatic"),
         {"automatic", "confirm"},
         "whether a new device gets its unit's key by itself, or once its words were compared"},
        {"dictionary", std::to_string(projected.dictionaryAllowed(projected.size())),
         dictionaries(projected), "up to which number a dictionary may be used to pack entries"},
        {"statements",
         projected.requiresStatements(projected.size()) ? "required" : "optional",
         {"required", "optional"},
         "whether a unit's report of a completion counts only with the signature of an officer"}};
}

base::Result<Rule> ruleNamed(const replica::Replica& replica, std::string_view name) {
    TRY(std::vector<Rule> all, rules(replica));
    std::vector<std::string> names;
    for (const Rule& rule : all) {
        if (rule.name == name) return rule;
        names.push_back(rule.name);
    }
    return fail(Code::Usage, "There is no rule \"" + std::string(name.substr(0, 40)) +
                                 "\"; the rules are " + listed(names) + ".");
}

base::Result<RuleChange> setRule(replica::Replica& replica, std::string_view name,
                                 std::string_view value) {
    TRY(Rule rule, ruleNamed(replica, name));
    if (std::find(rule.values.begin(), rule.values.end(), value) == rule.values.end()) {
        return fail(Code::Usage, "The rule " + rule.name + " cannot be \"" +
                                     std::string(value.substr(0, 40)) + "\"; it may be " +
                                     listed(rule.values) + ".");
    }
    CHECK_OK(needsAdministrator(replica));
    if (rule.value == value) return RuleChange::AsBefore;
    const domain::Directory& directory = replica.directory().directory();
    CHECK_OK(replica.append(
        {directory.directoryScopeId(), {domain::RuleSet{rule.name, std::string(value)}}}));
    return RuleChange::Written;
}

}  // namespace office
