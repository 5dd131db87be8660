#pragma once
// The keys of a running server: those in force, and those that replace them as soon as a charter
// that names them is durable. The files are in data_folder.h.
//
// One thread.

#include "ops/data_folder.h"

namespace ops {

class KeyRing {
public:
    KeyRing(DataFolder folder, ServerKey present)
        : m_folder(std::move(folder)), m_present(std::move(present)) {}

    const ServerKey& present() const { return m_present; }
    /// The head key of a charter whose keys both are held here.
    std::optional<crypto::SigningKey> headKeyOf(const domain::Charter& charter) const;
    /// This charter is in force: its keys are the present ones from now on, and those before them
    /// are erased. Corrupt if its keys are not held; Io if the files could not be changed, which
    /// the next start tries again: the keys are the present ones all the same.
    Status use(const domain::Charter& charter);

private:
    DataFolder m_folder;
    ServerKey m_present;
};

}  // namespace ops
