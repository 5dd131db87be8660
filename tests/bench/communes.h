#pragma once
// The rest of a province: its communes and their devices, made in bulk.

#include "measuring.h"

namespace bench {

/// Describes so many communes, each with its key; their codes. Ordered when it returns.
Result<std::vector<std::string>> addCommunes(Province& province, std::size_t count);

/// Enrols so many devices in each unit, the first unit's first; all hold their key and everything
/// that is in the directory then.
Result<std::vector<std::unique_ptr<Device>>> enrolDevices(Province& province,
                                                          const std::vector<std::string>& units,
                                                          std::size_t each);

}  // namespace bench
