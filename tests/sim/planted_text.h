#pragma once
// Every text that an office writes under encryption holds this word, which is looked for wherever
// only ciphertext may lie (invariant 12).

#include <algorithm>
#include <string_view>

#include "base/bytes.h"

namespace sim {

inline constexpr std::string_view kPlantedText = "Bí-mật-của-đơn-vị";

inline bool holdsPlantedText(base::ByteView bytes) {
    return base::text(bytes).find(kPlantedText) != std::string_view::npos;
}

}  // namespace sim
