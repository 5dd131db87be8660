#include "ops/key_ring.h"

namespace ops {

using base::Code;
using base::fail;

std::optional<crypto::SigningKey> KeyRing::headKeyOf(const domain::Charter& charter) const {
    if (m_present.isOf(charter)) return m_present.head;
    auto next = m_folder.loadNextKey();
    if (!next || !*next || !(*next)->isOf(charter)) return {};
    return (*next)->head;
}

Status KeyRing::use(const domain::Charter& charter) {
    if (m_present.isOf(charter)) return m_folder.finishErasing();
    TRY(std::optional<ServerKey> next, m_folder.loadNextKey());
    if (!next || !next->isOf(charter)) {
        return fail(Code::Corrupt,
                    "The keys in '" + m_folder.keyFile().string() +
                        "' are not those of the charter in force: put back the newer server.key "
                        "from its copy. Nothing was changed.");
    }
    m_present = *next;
    return m_folder.adoptNextKey();
}

}  // namespace ops
