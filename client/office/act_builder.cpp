#include "office/act_builder.h"
#include <algorithm>
#include "base/limits.h"

namespace office {

using domain::Field;

std::size_t sizeOf(const domain::Value& value) {
    if (auto* text = std::get_if<std::string>(&value)) return kFieldBytes + text->size();
    if (auto* ids = std::get_if<std::vector<base::ObjectId>>(&value))
        return kFieldBytes + ids->size() * base::ObjectId::kSize;
    return kFieldBytes;
}

void ActBuilder::add(domain::Written written) {
    std::size_t size = kFieldBytes;
    for (const domain::FieldWrite& write : written.fields)
        size += sizeOf(write.value) + write.replaces.size() * sizeof(std::uint64_t);
    if (m_acts.empty() || m_size + size > kActBytes ||
        m_acts.back().changes.size() >= base::limits::kChangesMax) {
        m_acts.push_back({m_scope, {}});
        m_size = 0;
    }
    m_acts.back().changes.push_back(std::move(written));
    m_size += size;
}

void ActBuilder::finish(std::vector<replica::Act>& out) {
    for (replica::Act& act : m_acts) out.push_back(std::move(act));
    m_acts.clear();
}

std::optional<domain::Written> writtenIfChanged(const replica::ObjectKey& key,
                                                const domain::Row* row, const Wanted& wanted) {
    domain::Written out{key.kind, key.id, {}};
    for (const auto& [field, value] : wanted) {
        const domain::Value* shown = row == nullptr ? nullptr : row->shown(field);
        bool isSame =
            shown == nullptr ? std::holds_alternative<std::monostate>(value) : *shown == value;
        if (isSame) continue;
        out.fields.push_back(domain::writeOver(row, field, value));
    }
    // Where a row stands in the table is for sorting: a row that only moved is as before.
    bool onlyMoved = std::all_of(out.fields.begin(), out.fields.end(), [](const auto& f) {
        return f.field == Field::TaskOrder || f.field == Field::AssignmentOrder;
    });
    if (onlyMoved) return {};
    return out;
}

}  // namespace office
