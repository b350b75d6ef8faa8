"use strict";
// Says at once that a file is too big or of a kind that is not taken, instead of sending it first.
for (const form of document.querySelectorAll("form[data-most]")) {
  const field = form.querySelector('input[type="file"]');
  const problem = form.querySelector(".problem");
  const check = () => {
    const file = field.files[0];
    let words = "";
    if (file && file.size > Number(form.dataset.most) * 1024 * 1024) words = `文件太大，最大${form.dataset.most}MB。请删去图片，只留文字再交。`;
    else if (file && !/\.(docx|txt)$/i.test(file.name)) words = "请选 .docx 或 .txt 文件；旧的 .doc 请先另存为 .docx。";
    problem.textContent = words;
    problem.hidden = !words;
    return !words;
  };
  field.addEventListener("change", check);
  form.addEventListener("submit", (event) => { if (!check()) event.preventDefault(); });
}
