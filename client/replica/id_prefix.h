#pragma once
// Ids as people copy them: by their first hexadecimal digits.

#include <span>
#include "base/result.h"

namespace replica {

/// The digits of an id as it was copied: lower case, at least 4 of them. InvalidInput.
base::Result<std::string> idPrefix(std::string_view text);

/// The one of `ids` that begins with these hexadecimal digits; an id that stands there repeatedly
/// counts once. `kind` ("assignment", "device") is for the sentences. NotFound, InvalidInput.
template <class Id>
base::Result<Id> idWithPrefix(std::string_view prefix, std::span<const Id> ids,
                              std::string_view kind) {
    TRY(std::string digits, idPrefix(prefix));
    const Id* found = nullptr;
    for (const Id& id : ids) {
        if (!id.hex().starts_with(digits) || (found != nullptr && *found == id)) continue;
        if (found != nullptr) {
            return base::fail(base::Code::InvalidInput, "Several " + std::string(kind) +
                                                            "s begin with " + digits +
                                                            "; give more letters of the id.");
        }
        found = &id;
    }
    if (found == nullptr) {
        return base::fail(base::Code::NotFound, "No " + std::string(kind) +
                                                    " that is known here begins with " + digits +
                                                    "; has this machine been synchronised?");
    }
    return *found;
}

}  // namespace replica
