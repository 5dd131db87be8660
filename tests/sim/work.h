#pragma once
// What people do: the office gives tasks, communes report on them, two devices write the same
// field.

#include "province.h"

namespace sim {

class Work {
public:
    Work(World& world, const Province& province) : m_world(world), m_province(province) {}

    void actOfOffice();
    void actOfCommune(ClientNode& client);
    /// Decides about one of the entries that wait for the office. False: none does, or the disk is
    /// full.
    bool decide();

private:
    struct Assigned {
        base::ScopeId scope;
        domain::Row row;
    };
    std::vector<Assigned> assignments(ClientNode& client);
    void giveTasks(std::size_t tasks, std::size_t letters, replica::Cost cost);
    void changeDeadline();
    std::string text(std::size_t letters);
    domain::FieldWrite report(const domain::Row& row);
    domain::Change stated(ClientNode& client, const base::ScopeId& scope, domain::Written written);
    bool append(ClientNode& client, const std::vector<replica::Act>& acts, replica::Cost cost);

    World& m_world;
    const Province& m_province;
    std::uint64_t m_documents = 0;
};

}  // namespace sim
