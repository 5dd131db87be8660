#pragma once
// Who a device is, so that two people on the telephone can tell whether they mean the same one.

#include "domain/directory.h"
#include "replica/identity.h"

namespace cli {

/// Six syllables of the province's authority keys.
std::string provinceWords(const domain::Directory& directory);
/// Six syllables of the device's keys: the same on its own screen and on the office's.
std::string deviceWords(const domain::Directory& directory, const domain::Device& device);
/// The same of the device that this home belongs to, whatever the directory says.
std::string deviceWords(const replica::Identity& own);

/// The officers of a device, "A / B": which of them acted is not signed. With a time, those that it
/// had by then; empty for a device that is not known.
std::string officersOf(const domain::Device* device, std::optional<base::TimeMs> until = {});

}  // namespace cli
