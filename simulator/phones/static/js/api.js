// Talks to the simulator. A refusal becomes an Error whose message is for people.

async function answer(response) {
  let data = {};
  try {
    data = await response.json();
  } catch {
    // not JSON: the status says enough
  }
  if (!response.ok) throw new Error(data.error || `演练服务出错（${response.status}），请刷新页面再试`);
  return data;
}

async function reach(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...options });
  } catch {
    throw new Error("连不上演练服务，请确认它正在运行");
  }
  return answer(response);
}

export function get(path) {
  return reach(`api/${path}`, {});
}

export function post(path, data = {}) {
  return reach(`api/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(data),
  });
}

/** `userid` does something. */
export function act(userid, action, data = {}) {
  return post(`act/${encodeURIComponent(userid)}/${action}`, data);
}
