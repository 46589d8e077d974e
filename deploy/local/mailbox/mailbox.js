// Asks for the page again every two seconds and shows what is new. Without it, the page loads itself again.

const EVERY = 2000;

async function renew() {
  const parts = document.querySelectorAll("[data-live]");
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of parts) {
        const newer = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
        if (newer && newer.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) part.replaceChildren(...newer.childNodes);
      }
      document.body.classList.remove("away");
    } catch {
      document.body.classList.add("away");
    }
  }
  setTimeout(renew, EVERY);
}

setTimeout(renew, EVERY);
