// In the guide: a chapter's link plays the film from there. Without it the link opens the film by itself.

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".film .chapters a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const video = link.closest(".film").querySelector("video");
  if (!video.canPlayType("video/webm")) return;
  event.preventDefault();
  video.currentTime = Number(new URL(link.href).hash.replace("#t=", ""));
  video.scrollIntoView({ block: "nearest" });
  video.play();
});
