#include "merge_model.h"

namespace sim {
namespace {

using Item = replica::Replica::HistoryItem;
using WriteId = std::uint64_t;

struct Field {
    std::vector<std::pair<WriteId, domain::Value>> writes;  // the last of each entry, in order
    std::set<std::pair<WriteId, WriteId>> names;            // who names whom
};

std::map<domain::Field, Field> fieldsOf(const std::vector<Item>& history) {
    std::map<domain::Field, Field> out;
    for (const Item& item : history) {
        auto* written = std::get_if<domain::Written>(&item.change);
        if (written == nullptr) continue;
        for (const domain::FieldWrite& write : written->fields) {
            Field& field = out[write.field];
            if (!field.writes.empty() && field.writes.back().first == item.writeId)
                field.writes.pop_back();
            field.writes.emplace_back(item.writeId, write.value);
            for (WriteId named : write.replaces) field.names.emplace(item.writeId, named);
        }
    }
    return out;
}

bool isLive(const Field& field, WriteId id) {
    return std::none_of(field.names.begin(), field.names.end(),
                        [&](const auto& pair) { return pair.second == id && pair.first != id; });
}

/// Live values, each once, the one that was written last at the end.
std::vector<domain::Value> liveValues(const Field& field) {
    std::vector<domain::Value> out;
    for (const auto& [id, value] : field.writes) {
        if (!isLive(field, id)) continue;
        std::erase(out, value);
        out.push_back(value);
    }
    return out;
}

}  // namespace

void checkMerge(World& world) {
    ClientNode& office = world.office();
    std::vector<std::pair<replica::ObjectKey, domain::Row>> rows;
    must(office.replica().eachRow([&](const base::ScopeId& scope, domain::Row row) {
        if (row.kind() == domain::ObjectKind::Assignment)
            rows.emplace_back(replica::ObjectKey{scope, row.kind(), row.id()}, std::move(row));
        return base::Result<bool>(true);
    }),
         "the office lists its rows");
    for (const auto& [key, row] : rows) {
        auto history = must(office.replica().history(key), "the office shows a history");
        for (const auto& [id, field] : fieldsOf(history)) {
            const domain::FieldState* state = row.field(id);
            std::vector<domain::Value> shown;
            if (state != nullptr) {
                for (const domain::LiveValue& live : state->live) shown.push_back(live.value);
            }
            must(shown == liveValues(field), "merge: assignment " + brief(key.id) + " shows " +
                                                 std::to_string(shown.size()) +
                                                 " values of a field where the model has " +
                                                 std::to_string(liveValues(field).size()));
            world.counters.add(Count::FieldsMerged);
        }
    }
}

}  // namespace sim
