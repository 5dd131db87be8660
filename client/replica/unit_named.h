#pragma once
// Units as people name them: by their code, in small or capital letters.

#include "domain/directory.h"

namespace replica {

/// The unit with this code; another case is no other code. UnknownUnit names codes that are near.
base::Result<const domain::Unit*> unitNamed(const domain::Directory& directory,
                                            std::string_view code);

}  // namespace replica
