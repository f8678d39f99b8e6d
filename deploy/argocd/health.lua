-- How Argo CD judges the health of a ZeoRaid, by its conditions (docs/reference-zeoraid.md).
--
-- Progressing and not Degraded is what only takes time: a sync that meets Degraded fails, and then a first start, or a backend
-- that is added, would. Argo CD gives it Lua 5.1 with little more than the basic library.

local function of(health, message)
  return {status = health, message = message}
end

local function told(condition)
  if condition.message ~= nil and condition.message ~= "" then
    return condition.message
  end
  return condition.reason
end

local spec = obj.spec or {}
local status = obj.status
local generation = obj.metadata.generation or 0

if status == nil or status.observedGeneration == nil then
  return of("Progressing", "the operator has not looked at it yet; if this lasts, see whether it runs and watches this namespace")
end
if status.observedGeneration < generation then
  return of("Progressing", "the operator has not looked at the latest change yet")
end

-- Conditions about an older spec say nothing about this one.
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  if condition.observedGeneration == nil or condition.observedGeneration >= generation then
    conditions[condition.type] = condition
  end
end

local function is(kind, truth)
  local condition = conditions[kind]
  if condition ~= nil and condition.status == truth then
    return condition
  end
  return nil
end

-- Whether all that is not in sync is on its way: being rebuilt, or its pod or volume is being made.
local waiting = {PodMissing = true, PodNotReady = true, VolumePending = true}
local in_sync, hopeless = 0, 0
local detail = ""
for _, backend in ipairs(status.backends or {}) do
  if backend.state == "InSync" then
    in_sync = in_sync + 1
  else
    if backend.state ~= "Recovering" and not (backend.reason ~= nil and waiting[backend.reason]) then
      hopeless = hopeless + 1
    end
    if backend.reason ~= nil then
      detail = detail .. "; " .. backend.name .. ": " .. (backend.message or backend.reason)
    end
  end
end

local lost = is("DataLossSuspected", "True")
if lost then
  return of("Degraded", "data loss is suspected: " .. told(lost))
end

if spec.hibernated == true then
  return of("Suspended", "hibernated")
end

local ready = conditions["Ready"]
local not_serving = is("Ready", "False")

if spec.paused == true then
  if not_serving then
    return of("Degraded", "paused, and clients are not served: " .. told(not_serving) .. detail)
  end
  return of("Suspended", "paused: the operator changes nothing")
end

local stalled = is("Stalled", "True")
if stalled then
  return of("Degraded", stalled.reason .. ": " .. told(stalled))
end

local reconciling = is("Reconciling", "True")
if reconciling then
  return of("Progressing", told(reconciling) .. detail)
end

if ready == nil then
  return of("Progressing", "the operator has not said yet whether clients are served")
end
if not_serving then
  if in_sync == 0 and hopeless == 0 then
    return of("Progressing", "clients are not served yet" .. detail)
  end
  return of("Degraded", "clients are not served: " .. told(not_serving) .. detail)
end
if ready.status ~= "True" then
  -- The servers run in Zope's pods, which may well be synced after this: all that belongs to this is there.
  if spec.servers ~= nil and spec.servers.mode == "Sidecar" and (status.replicas or 0) == 0 then
    return of("Healthy", "ready for the servers beside Zope; none runs yet")
  end
  return of("Progressing", told(ready) .. detail)
end

local recovering = is("Recovering", "True")
local degraded = is("Degraded", "True")
if degraded and hopeless > 0 then
  return of("Degraded", "clients are served, but " .. told(degraded) .. detail)
end
if recovering then
  return of("Progressing", "clients are served; " .. told(recovering))
end
if degraded then
  return of("Progressing", "clients are served; " .. told(degraded) .. detail)
end
return of("Healthy", (status.optimal or "all") .. " backends in sync, " .. (status.servers or "?") .. " servers ready")
