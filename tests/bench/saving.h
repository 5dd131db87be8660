#pragma once
// Saves as a device writes them.

#include "province.h"
#include "stream.h"

namespace bench {

/// The next saves of the stream, in entries of one, to the ledgers in turn; one commit for many of
/// them.
Status writeSaves(Device& device, std::span<const base::ScopeId> scopes, SaveStream& stream,
                  std::size_t count);

/// A later save of an assignment that the device shows, with another line's values: it displaces
/// what stands.
Status saveAgain(Device& device, const base::ScopeId& scope, const Save& assignment,
                 const Save& values);

}  // namespace bench
