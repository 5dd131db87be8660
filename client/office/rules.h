#pragma once
// The province's rules, as far as this program knows them.

#include "replica/replica.h"

namespace office {

struct Rule {
    std::string name;
    std::string value;                // in force, with what is written here and not sent yet
    std::vector<std::string> values;  // that it may be set to
    std::string meaning;
};

/// All known rules.
base::Result<std::vector<Rule>> rules(const replica::Replica& replica);

/// The known rule of this name; Usage names those that there are.
base::Result<Rule> ruleNamed(const replica::Replica& replica, std::string_view name);

enum class RuleChange { Written, AsBefore };
/// NotPermitted, Usage (with the values that there are).
base::Result<RuleChange> setRule(replica::Replica& replica, std::string_view name,
                                 std::string_view value);

}  // namespace office
